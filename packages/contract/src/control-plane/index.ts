export * from './access.ts';
export * from './contract.ts';
export * from './sandbox.ts';
export * from './surfaces.ts';
