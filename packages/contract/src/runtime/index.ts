export * from './envelope.ts';
export * from './file.ts';
export * from './sandbox.ts';
export * from './shell.ts';
