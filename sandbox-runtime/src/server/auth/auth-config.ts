import { ConfigError } from '@sandfleet/server-kit';
import { Type, type Static } from 'typebox';

const publicKey = (text: string) =>
  Type.Optional(Type.String({ maxLength: 65_536, description: `base64 of a PEM public key${text}` }));
/** Shorter ones can be guessed; others than these characters can't be sent in a header. */
const key = (where: string) =>
  Type.Optional(
    Type.String({ minLength: 16, maxLength: 4096, pattern: '^[\\x21-\\x7e]*$', description: `16 characters or more: ${where}` }),
  );

/** Who may come in; nobody needs a credential while there is neither a public key nor a static one. */
export const authVariables = {
  JWT_PUBLIC_KEY: publicKey('; tokens are verified with it'),
  SANDBOX_JWT_PUBLIC_KEY: publicKey(': another name of JWT_PUBLIC_KEY'),
  SANDBOX_API_KEY: key('a key that is sent as X-AIO-API-Key, as Bearer or as api_key'),
  AUTH_TOKEN: key('one more key of the kind of SANDBOX_API_KEY'),
  SANDFLEET_TOKEN_AUDIENCE: Type.Optional(Type.String({ description: 'audience that a token must have' })),
  TOKEN_MAX_LIFETIME_SECONDS: Type.Integer({
    minimum: 60,
    maximum: 3_155_760_000,
    default: 31_622_400,
    description: 'seconds from now that the end of a token may be away',
  }),
  TICKET_TTL_SECONDS: Type.Integer({ minimum: 1, maximum: 300, default: 30, description: 'seconds that a ticket lives' }),
  MAX_TICKETS: Type.Integer({ minimum: 1, maximum: 100_000, default: 1024, description: 'tickets that are out at once' }),
  PAGE_SESSION_SECONDS: Type.Integer({
    minimum: 60,
    maximum: 604_800,
    default: 3600,
    description: 'seconds that a page goes on after its ticket is spent',
  }),
  LOOPBACK_ACCESS: Type.Enum(['required', 'trusted'], {
    default: 'required',
    description: 'whether a program that calls 127.0.0.1 from the same network namespace needs a credential',
  }),
  SANDFLEET_SOCKET: Type.Optional(
    Type.String({
      pattern: '^/',
      maxLength: 107,
      description:
        'UNIX socket for programs of the same user, who need no credential there; in XDG_RUNTIME_DIR or /tmp when left out',
    }),
  ),
} as const;

const AuthConfig = Type.Object(authVariables);
type AuthConfig = Readonly<Static<typeof AuthConfig>>;

/**
 * What is asked for and can't be had must not end as an open door.
 *
 * @throws ConfigError
 */
export function refuseOpenDoor(config: AuthConfig): void {
  const { JWT_PUBLIC_KEY: one, SANDBOX_JWT_PUBLIC_KEY: other, SANDFLEET_TOKEN_AUDIENCE: audience } = config;
  if (audience !== undefined && one === undefined && other === undefined)
    throw new ConfigError('SANDFLEET_TOKEN_AUDIENCE is set without JWT_PUBLIC_KEY: no token could be verified');
  if (one !== undefined && other !== undefined && one.replaceAll(/\s/g, '') !== other.replaceAll(/\s/g, ''))
    throw new ConfigError('JWT_PUBLIC_KEY and SANDBOX_JWT_PUBLIC_KEY are two names of one setting and hold two keys');
}
