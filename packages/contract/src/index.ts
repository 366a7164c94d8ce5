export * from './errors.ts';
export * from './openapi.ts';
export * from './operation.ts';
