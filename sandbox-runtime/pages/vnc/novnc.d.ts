/** The part of noVNC that the page uses; the package has no types of its own. */
declare module '@novnc/novnc' {
  export interface RfbOptions {
    readonly shared?: boolean;
    readonly credentials?: { readonly username?: string; readonly password?: string; readonly target?: string };
  }

  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, channel: string | WebSocket, options?: RfbOptions);
    viewOnly: boolean;
    clipViewport: boolean;
    dragViewport: boolean;
    scaleViewport: boolean;
    resizeSession: boolean;
    showDotCursor: boolean;
    qualityLevel: number;
    compressionLevel: number;
    background: string;
    disconnect(): void;
    sendKey(keysym: number, code: string, isDown?: boolean): void;
    sendCtrlAltDel(): void;
    focus(options?: FocusOptions): void;
    blur(): void;
    clipboardPasteFrom(text: string): void;
    sendCredentials(credentials: { readonly password: string }): void;
  }
}

/** hack/pages.ts finds it inside the package, whose exports leave it out. */
declare module 'novnc-logging' {
  export function initLogging(level: 'none' | 'error' | 'warn' | 'info' | 'debug'): void;
}
