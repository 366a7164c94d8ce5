import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';

import { takeConnection } from '../../server/upgrade.ts';
import { writeHead } from './carry-request.ts';
import { beginningOf, type Beginning } from './exchange.ts';
import { CarryError } from './failure.ts';
import { answerHeadersOf, upstreamRequest, type Carriage } from './passage.ts';
import { tunnel } from './tunnel.ts';

/** What one end of a WebSocket gets after the other has finished. */
const HALF_CLOSED_MS = 10_000;

/** Carries a request for a WebSocket, and then the bytes of the WebSocket. */
export async function carrySocket(carriage: Carriage): Promise<void> {
  const beginning = await switched(carriage);
  if (beginning.kind === 'answer') return refuse(beginning.answer, carriage);
  const { request, reply, signal } = carriage;
  const client = takeConnection(request, reply);
  client.socket.write(headOf(beginning.answer, carriage), 'latin1');
  return new Promise((resolve) => {
    const inner = { socket: beginning.socket, head: beginning.head };
    const destroy = tunnel(client, inner, { halfClosedMs: HALF_CLOSED_MS, onOver: resolve });
    if (signal.aborted) destroy();
    signal.addEventListener('abort', destroy, { once: true });
  });
}

async function switched(carriage: Carriage): Promise<Beginning> {
  const { upstream, limits, signal, reply } = carriage;
  const outgoing = upstream.start(upstreamRequest(carriage, true));
  const abort = () => void outgoing.destroy(new CarryError('ended'));
  const hangUp = () => void outgoing.destroy();
  signal.addEventListener('abort', abort, { once: true });
  // It has the client's connection until that is taken.
  reply.raw.once('close', hangUp);
  try {
    const beginning = beginningOf(outgoing, limits);
    outgoing.end();
    return await beginning;
  } finally {
    signal.removeEventListener('abort', abort);
    reply.raw.off('close', hangUp);
  }
}

/** The program answered like any other request, so the caller gets that. */
async function refuse(answer: IncomingMessage, carriage: Carriage): Promise<void> {
  const { reply } = carriage;
  reply.hijack();
  writeHead(reply.raw, answer, [...answerHeadersOf(answer.rawHeaders, carriage), 'Connection', 'close']);
  await pipeline(answer, reply.raw).catch(() => reply.raw.destroy());
}

function headOf(answer: IncomingMessage, carriage: Carriage): string {
  let text = `HTTP/1.1 101 ${STATUS_CODES[101]}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
  const headers = answerHeadersOf(answer.rawHeaders, carriage);
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${text}\r\n`;
}
