/** The parts of trusted types that the page uses; TypeScript's DOM does not have them yet. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

const urlOf = (name: string) => new URL(`./${name}`, import.meta.url).href;

/** The scripts that this page may start by their address; any other is refused (index.html: trusted-types). */
const WORKER = urlOf('worker.js');
const SERVICE_WORKER = urlOf('service-worker.js');

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
const policy = trustedTypes?.createPolicy('scmp-playground', {
  createScriptURL(url) {
    if (url !== WORKER && url !== SERVICE_WORKER) throw new TypeError(`${url} is no script of this page`);
    return url;
  },
});

export function startWorker(): Worker {
  return new Worker(policy?.createScriptURL(WORKER) ?? WORKER, { type: 'module', name: 'scmp' });
}

/** Keep the site for use without a network, where it was built for that (`scmp playground --build`). */
export async function keepOffline(): Promise<void> {
  if (document.documentElement.dataset.offline === undefined || !('serviceWorker' in navigator)) return;
  await navigator.serviceWorker.register(policy?.createScriptURL(SERVICE_WORKER) ?? SERVICE_WORKER);
}
