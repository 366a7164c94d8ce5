import { load, type LoadOptions } from './load.ts';

/** The load comes from a process of its own, so that its work does not count as the proxy's. */
process.on('message', (options) => {
  // The parent sends nothing else.
  void load(options as LoadOptions).then((result) => process.send?.(result));
});
process.send?.('ready');
