/**
 * A function for playwright-core to run inside the page, of text that this project wrote. Text, since the types here know no
 * document, and since compilers put calls into functions that the page does not have. It is never called in this process.
 */
export function pageFunction<A extends readonly unknown[], R>(source: string): (...args: A) => R {
  // oxlint-disable-next-line typescript/no-implied-eval -- constant text; playwright-core sends functions alone as their text
  return new Function(`return ${source}`)() as (...args: A) => R;
}
