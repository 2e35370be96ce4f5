import type { Server } from 'node:http';
import { createStaticServer } from './static-server.js';

/**
 * What the page may do: load its own files, compile wasm, and nothing else. index.html says the same for hosts that send no
 * headers; only a header can forbid other pages to frame it.
 */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "worker-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; " +
  "trusted-types scmp-playground; frame-ancestors 'none'";

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
};

/** A server of the page that was built into a folder. */
export function createPlaygroundServer(folder: string): Server {
  return createStaticServer(folder, HEADERS);
}
