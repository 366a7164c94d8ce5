export { eventually } from './eventually.ts';
export { type Interceptor, MemoryApiserver, type SeenRequest, sendStatus } from './memory-apiserver.ts';
