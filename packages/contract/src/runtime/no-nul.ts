/** No argument, variable or path of a process can hold a NUL; what stands behind it would be left out. */
export const NO_NUL = '^[^\\u0000]*$';
