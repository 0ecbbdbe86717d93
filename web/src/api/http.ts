// One door to the server: every request of the app goes through here, typed by the paths of the OpenAPI document.
import type { paths } from "./schema";

type Method = "get" | "post" | "put" | "patch" | "delete";
/** Paths that have this method. A path that the document loses no longer compiles. */
type PathWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, infer Op> ? (Op extends undefined ? never : P) : never;
}[keyof paths];

export interface Ask {
  path?: Record<string, string>;
  query?: URLSearchParams;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface Reply<T> {
  data: T;
  etag: string | null;
  /** How many there are in all, where it was asked for. */
  total: number | null;
  cursor: string | null;
  /** The change set that a write made. */
  changeSet: string | null;
}

export interface Fault {
  field: string | null;
  code: string;
  detail: string;
  hint?: string | null;
}

export type Conflicts = Record<string, { current: unknown; yours: unknown }>;

/** A refusal of the server, in its own words. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly faults: Fault[];
  readonly requestId: string | null;
  readonly conflicts: Conflicts;
  readonly version: number | null;
  /** Seconds after which it may be asked again. */
  readonly retryAfter: number | null;

  constructor(status: number, body: ProblemBody) {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    this.code = body.code ?? `http.${status}`;
    this.faults = body.errors ?? [];
    this.requestId = body.request_id ?? null;
    this.conflicts = body.conflicts ?? {};
    this.version = body.version ?? null;
    this.retryAfter = body.retry_after ?? null;
  }

  /** What is wrong with one field, parts of it included (`lines.0.quantity`). */
  at(field: string): string | undefined {
    return this.faults.find((f) => f.field === field || f.field?.startsWith(`${field}.`))?.detail;
  }
}

interface ProblemBody {
  title?: string;
  detail?: string;
  code?: string;
  errors?: Fault[];
  request_id?: string;
  conflicts?: Conflicts;
  version?: number;
  retry_after?: number;
}

/** The server did not answer: no network, or no server. */
export class Unreachable extends Error {
  constructor() {
    super("unreachable");
    this.name = "Unreachable";
  }
}

let place: string | null = null;
/** The place that requests are narrowed to; `null`: all of them. */
export function setLocation(id: string | null): void {
  place = id;
}

let expired: () => void = () => {};
/** Who is told when the session is over. */
export function onExpired(tell: () => void): void {
  expired = tell;
}

export const get = <T>(path: PathWith<"get">, ask?: Ask) => call<T>("get", path, ask);
export const post = <T>(path: PathWith<"post">, ask?: Ask) => call<T>("post", path, ask);
export const put = <T>(path: PathWith<"put">, ask?: Ask) => call<T>("put", path, ask);
export const patch = <T>(path: PathWith<"patch">, ask?: Ask) => call<T>("patch", path, ask);
export const del = <T>(path: PathWith<"delete">, ask?: Ask) => call<T>("delete", path, ask);

async function call<T>(method: Method, path: string, ask: Ask = {}): Promise<Reply<T>> {
  const response = await send(method, address(path, ask), ask);
  if (response.ok) return reply<T>(response);
  const problem = new Problem(response.status, await body(response));
  if (problem.code === "auth.required") expired();
  throw problem;
}

interface Sending {
  query?: URLSearchParams;
  signal?: AbortSignal;
  onSent?: (share: number) => void;
}

/** A file as it is. */
export const upload = <T>(path: PathWith<"post">, file: Blob, ask: Sending = {}): Promise<T> =>
  transfer<T>("POST", address(path, ask), file, { "Content-Type": "application/octet-stream" }, ask);

/** A file to where the server said: to the server itself under the name by which this page knows it, or to its storage. */
export function sendTo(url: string, file: Blob, headers: Record<string, string>, ask: Sending = {}): Promise<unknown> {
  const at = url.indexOf("/api/v1/uploads/");
  return transfer("PUT", at < 0 ? url : url.slice(at), file, headers, ask);
}

/** `fetch` does not tell how much of a file has gone up, so this is the older way. */
function transfer<T>(
  method: string,
  url: string,
  file: Blob,
  headers: Record<string, string>,
  ask: Sending,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const request = new XMLHttpRequest();
  request.open(method, url);
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  // Another site must not learn it, and would refuse a header that it does not know.
  if (url.startsWith("/")) {
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRF-Token", csrf());
  }
  request.upload.onprogress = (sent) => sent.lengthComputable && ask.onSent?.(sent.loaded / sent.total);
  request.onerror = () => reject(new Unreachable());
  request.onabort = () => reject(new DOMException("The file was given up.", "AbortError"));
  request.onload = () => {
    const told = readable(request.responseText);
    if (request.status >= 200 && request.status < 300) return resolve(told as T);
    const problem = new Problem(request.status, told as ProblemBody);
    if (problem.code === "auth.required") expired();
    reject(problem);
  };
  ask.signal?.addEventListener("abort", () => request.abort());
  request.send(file);
  return promise;
}

function readable(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

export function address(path: string, ask: Pick<Ask, "path" | "query">): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ask.path?.[name] ?? ""));
  const query = ask.query?.toString();
  return query ? `${filled}?${query}` : filled;
}

async function send(method: Method, url: string, ask: Ask): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...ask.headers };
  if (ask.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "get") headers["X-CSRF-Token"] = csrf();
  if (place) headers["X-Location-Id"] = place;
  const init: RequestInit = { method: method.toUpperCase(), headers, signal: ask.signal ?? null };
  if (ask.body !== undefined) init.body = JSON.stringify(ask.body);
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable();
  }
}

/** Change sets that this tab has made: it need not be told of them. */
export const ourChangeSets = new Set<string>();

function remember(changeSet: string | null): string | null {
  if (changeSet) ourChangeSets.add(changeSet);
  if (ourChangeSets.size > 500) for (const oldest of [...ourChangeSets].slice(0, 250)) ourChangeSets.delete(oldest);
  return changeSet;
}

async function reply<T>(response: Response): Promise<Reply<T>> {
  const text = await response.text();
  const total = response.headers.get("content-range")?.split("/")[1];
  return {
    data: (text ? JSON.parse(text) : null) as T,
    etag: response.headers.get("etag"),
    total: total && total !== "*" ? Number(total) : null,
    cursor: response.headers.get("x-next-cursor"),
    changeSet: remember(response.headers.get("x-change-set")),
  };
}

async function body(response: Response): Promise<ProblemBody> {
  try {
    return (await response.json()) as ProblemBody;
  } catch {
    return {};
  }
}

/** The cookie that scripts may read; its name has a prefix that the operator chooses. */
function csrf(): string {
  return /(?:^|; )[\w-]+\.csrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}
