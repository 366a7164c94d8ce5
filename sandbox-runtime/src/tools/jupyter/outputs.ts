import { StringDecoder } from 'node:string_decoder';

import type { JupyterOutput } from '@sandfleet/contract/runtime';

import type { HostOutput } from './protocol.ts';

const MAX_OUTPUTS = 1000;
/** Errors are shown behind everything else that there is no more room for, but not without end. */
const MAX_ERRORS = 10;

interface Entry {
  output: JupyterOutput;
  bytes: number;
  readonly displayId?: string | undefined;
}

type Display = Extract<HostOutput, { data: unknown }>;

/** Collects the outputs of one execution as a notebook shows them, in bounded memory. */
export class Outputs {
  readonly #maxBytes: number;
  #entries: Entry[] = [];
  #bytes = 0;
  #errors = 0;
  #full = false;
  #clearWithNext = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether more output than errors is of no use until some of it is cleared. */
  get isFull(): boolean {
    return this.#full;
  }

  list(): readonly JupyterOutput[] {
    const outputs = this.#entries.map(({ output }) => output);
    return this.#full ? [...outputs, this.#marker()] : outputs;
  }

  add(output: HostOutput): void {
    if (output.type === 'clear_output') return this.#clear(output.wait);
    if (this.#clearWithNext) this.#clear(false);
    if (output.type === 'error') return this.#addError(output);
    if (this.#full) return;
    if (output.type === 'dropped') this.#full = true;
    else if (output.type === 'stream') this.#addText(output.name, output.text);
    else if (output.type === 'update_display_data') this.#update(output);
    else this.#append({ output: toDisplay(output), bytes: sizeOf(output), displayId: output.display_id });
  }

  /** Shown whatever else there is no room for. */
  addError({ ename, evalue, traceback }: { ename: string; evalue: string; traceback: readonly string[] }): void {
    this.#entries.push({
      output: { output_type: 'error', ename, evalue, traceback: [...traceback], text: traceback.join('\n') },
      bytes: 0,
    });
  }

  #addError(error: Extract<HostOutput, { type: 'error' }>): void {
    this.#errors += 1;
    if (this.#errors <= MAX_ERRORS) this.addError(error);
  }

  #clear(wait: boolean): void {
    this.#clearWithNext = wait;
    if (wait) return;
    this.#entries = [];
    this.#bytes = 0;
    this.#errors = 0;
    this.#full = false;
  }

  #addText(name: string, text: string): void {
    const bytes = Buffer.byteLength(text);
    const room = this.#maxBytes - this.#bytes;
    const last = this.#entries.at(-1);
    const kept = bytes <= room ? text : new StringDecoder('utf8').write(Buffer.from(text).subarray(0, room));
    if (last?.output.output_type === 'stream' && last.output.name === name) {
      last.output.text = (last.output.text ?? '') + kept;
      last.bytes += Math.min(bytes, room);
      this.#bytes += Math.min(bytes, room);
    } else if (kept !== '') {
      this.#append({ output: { output_type: 'stream', name, text: kept }, bytes: Math.min(bytes, room) });
    }
    if (bytes > room) this.#full = true;
  }

  #append(entry: Entry): void {
    if (this.#entries.length >= MAX_OUTPUTS || this.#bytes + entry.bytes > this.#maxBytes) {
      this.#full = true;
      return;
    }
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
  }

  /** What belongs to an earlier execution is not in this answer; its new content is shown rather than lost. */
  #update(output: Display): void {
    const shown = this.#entries.filter(({ displayId }) => displayId !== undefined && displayId === output.display_id);
    const bytes = sizeOf(output);
    if (shown.length === 0) return this.#append({ output: toDisplay(output), bytes, displayId: output.display_id });
    const more = shown.reduce((sum, entry) => sum + bytes - entry.bytes, 0);
    if (this.#bytes + more > this.#maxBytes) {
      this.#full = true;
      return;
    }
    this.#bytes += more;
    for (const entry of shown) {
      const { text: _, ...kept } = entry.output;
      entry.output = { ...kept, data: output.data, metadata: output.metadata, ...textOf(output) };
      entry.bytes = bytes;
    }
  }

  #marker(): JupyterOutput {
    const text = `[output truncated: one execution keeps ${this.#maxBytes} bytes and ${MAX_OUTPUTS} outputs]\n`;
    return { output_type: 'stream', name: 'stderr', text };
  }
}

function toDisplay(output: Display): JupyterOutput {
  const { type, data, metadata, execution_count } = output;
  const shown = { data, metadata, ...textOf(output) };
  if (type !== 'execute_result') return { output_type: 'display_data', ...shown };
  return { output_type: type, ...shown, ...(execution_count === undefined ? {} : { execution_count }) };
}

/** Agents join the text of all outputs, whatever kind they are. */
function textOf({ data }: Display): { text?: string } {
  const text = data['text/plain'];
  return typeof text === 'string' ? { text } : {};
}

const sizeOf = ({ data, metadata }: Display): number =>
  [...Object.values(data), metadata].reduce<number>(
    (sum, value) => sum + Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value)),
    0,
  );
