export * from './admin-server.ts';
export * from './config.ts';
export * from './create-server.ts';
export * from './implement.ts';
export * from './logger.ts';
export * from './metrics.ts';
export * from './problem.ts';
export * from './process.ts';
