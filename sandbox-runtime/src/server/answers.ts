/** The envelope of an answer that has `data`. */
export const ok = <T>(data: T) => ({ success: true, message: 'Operation successful', data });
