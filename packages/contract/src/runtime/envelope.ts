import { Type, type TSchema } from 'typebox';

/** What every answer of the runtime comes in. `success: false` with status 200 is a tool that failed, not the call. */
export const envelope = <T extends TSchema>(data: T) =>
  Type.Object({
    success: Type.Boolean({ default: true }),
    message: Type.String({ default: 'Operation successful' }),
    data,
    hint: Type.Optional(Type.String({ description: 'A short note for the agent' })),
  });

/** The forms that errors have: a list for a refused field, the envelope without data for all else. */
export const RuntimeError = Type.Object({
  success: Type.Optional(Type.Boolean()),
  message: Type.Optional(Type.String()),
  data: Type.Optional(Type.Null()),
  detail: Type.Optional(
    Type.Array(
      Type.Object({
        loc: Type.Array(Type.Unsafe<string | number>({ type: ['string', 'integer'] })),
        msg: Type.String(),
        type: Type.String(),
      }),
    ),
  ),
});
