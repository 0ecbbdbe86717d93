// Files on records: announced, sent to where the server says, and completed into a record.
import { address, post, sendTo } from "./http";
import type { Patch, Row, Written } from "./records";

/** The types that are taken, as a file dialog knows them. */
export const TYPES = [
  "image/jpeg",
  "image/png",
  "image/gif",
  "image/webp",
  "application/pdf",
  "application/msword",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  "application/vnd.ms-excel",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
];

interface Begun {
  id: string;
  upload: { url: string; headers: Record<string, string> };
}

interface Sending {
  signal: AbortSignal;
  onSent: (share: number) => void;
}

/** All three steps. `links`: the fields of the record that lead to where it belongs. */
export async function bringFile(file: File, links: Patch, { signal, onSent }: Sending): Promise<Written> {
  const body = { ...links, name: file.name, size: file.size, mime_type: file.type || "application/octet-stream" };
  const begun = (await post<Begun>("/api/v1/files/uploads", { body, signal })).data;
  await sendTo(begun.upload.url, file, begun.upload.headers, { signal, onSent });
  const path = { id: begun.id };
  const made = await post<Row>("/api/v1/files/uploads/{id}/completion", { path, signal });
  return { row: made.data, changeSet: made.changeSet };
}

/** Leads to the bytes: a download, or shown where a browser runs nothing of it. */
export const contentUrl = (id: string, shown = false): string =>
  address("/api/v1/files/{id}/content", {
    path: { id },
    ...(shown ? { query: new URLSearchParams({ inline: "true" }) } : {}),
  });
