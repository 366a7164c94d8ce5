import { Histogram, type Registry } from '@sandfleet/server-kit';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface PageMetrics {
  readonly create: Histogram;
  readonly close: Histogram;
}

export function createPageMetrics(metrics: Registry): PageMetrics {
  const registers = [metrics];
  return {
    create: new Histogram({
      name: 'sandbox_browser_page_create_seconds',
      help: 'Time to open an empty tab.',
      buckets: BUCKETS,
      registers,
    }),
    close: new Histogram({
      name: 'sandbox_browser_page_close_seconds',
      help: 'Time to close a tab.',
      buckets: BUCKETS,
      registers,
    }),
  };
}
