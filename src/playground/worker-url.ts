/** The parts of trusted types that the page uses; TypeScript's DOM does not have them yet. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

/** The one script that this page may start by its address; any other is refused (index.html: trusted-types). */
const SCRIPT = new URL('./worker.js', import.meta.url).href;

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
const policy = trustedTypes?.createPolicy('scmp-playground', {
  createScriptURL(url) {
    if (url !== SCRIPT) throw new TypeError(`${url} is no script of this page`);
    return url;
  },
});

export function startWorker(): Worker {
  return new Worker(policy?.createScriptURL(SCRIPT) ?? SCRIPT, { type: 'module', name: 'scmp' });
}
