/** How long the gateway waits for others. */
export interface GatewayTiming {
  /** For the head of a request to come. */
  readonly headersMs: number;
  readonly headersCheckMs: number;
  /** An answer is out, but its request is still coming in: the client gets this long to stop. */
  readonly unreadBodyMs: number;
  /** After one side of a WebSocket ended, the other has this long to end too. */
  readonly halfClosedMs: number;
  /** How often what is open is looked through for credentials that ended. */
  readonly lapseCheckMs: number;
  /** A WebSocket that ends with its credential has this long to come to the end of a frame, behind which the reason goes. */
  readonly lastFrameMs: number;
  /** After a gateway’s grace is over, its WebSockets have this long to hear so and to close. */
  readonly farewellMs: number;
}

export const DEFAULT_TIMING: GatewayTiming = {
  headersMs: 15_000,
  headersCheckMs: 5000,
  unreadBodyMs: 5000,
  halfClosedMs: 10_000,
  lapseCheckMs: 1000,
  lastFrameMs: 1000,
  farewellMs: 5000,
};
