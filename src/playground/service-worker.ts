// The site without a network: `scmp playground --build` writes the list of its files in front of this script, each with
// its SHA-256. A file with other content is not kept, so that a visitor has all of one version or nothing of it.

/** Written by the build: by path from the site's root, the digest in hexadecimal; and the version that they make up. */
declare const SITE: { readonly version: string; readonly files: Readonly<Record<string, string>> };

/** The parts of a service worker's scope that are used; TypeScript's DOM types have only the window's. */
interface Lifetime extends Event {
  waitUntil(work: Promise<void>): void;
}
interface Fetched extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
const scope = globalThis as unknown as {
  readonly location: Location;
  addEventListener(type: 'install' | 'activate', listener: (event: Lifetime) => void): void;
  addEventListener(type: 'fetch', listener: (event: Fetched) => void): void;
};

const PREFIX = 'scmp-playground ';
const root = new URL('./', scope.location.href);
// Other sites of the same host have caches of their own.
const CACHE = `${PREFIX}${root.pathname} ${SITE.version}`;

async function digestOf(response: Response): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', await response.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function keepAll(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(
    Object.entries(SITE.files).map(async ([path, digest]) => {
      const url = new URL(path, root);
      const response = await fetch(url, { cache: 'reload' });
      if (!response.ok || response.redirected) throw new Error(`${path}: HTTP status ${response.status}`);
      if ((await digestOf(response.clone())) !== digest) throw new Error(`${path} is not the file that was built`);
      await cache.put(url, response);
    }),
  );
}

async function forgetOthers(): Promise<void> {
  const own = `${PREFIX}${root.pathname} `;
  for (const name of await caches.keys()) if (name.startsWith(own) && name !== CACHE) await caches.delete(name);
}

scope.addEventListener('install', (event) => {
  event.waitUntil(keepAll());
});
scope.addEventListener('activate', (event) => {
  event.waitUntil(forgetOthers());
});
scope.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== root.origin || !url.pathname.startsWith(root.pathname)) return;
  const path = url.pathname.slice(root.pathname.length) || 'index.html';
  if (!Object.hasOwn(SITE.files, path)) return;
  event.respondWith(
    caches
      .open(CACHE)
      .then((cache) => cache.match(new URL(path, root)))
      .then((kept) => kept ?? fetch(event.request)),
  );
});
