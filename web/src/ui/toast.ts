// Short messages at the edge of the screen, with a way back.
import { createKumoToastManager } from "./kumo";

export const toasts = createKumoToastManager();

export interface Way {
  label: string;
  run: () => void;
}

/** Six seconds; the kit pauses it on hover and focus. */
export function tell(title: string, way?: Way): void {
  const close = () => toasts.close(id);
  const actions = way
    ? [{ children: way.label, variant: "secondary" as const, onClick: () => (close(), way.run()) }]
    : [];
  const id = toasts.add({ title, timeout: 6000, actions });
}

export function warn(title: string, description?: string): void {
  toasts.add({ title, ...(description ? { description } : {}), variant: "error", timeout: 10_000 });
}
