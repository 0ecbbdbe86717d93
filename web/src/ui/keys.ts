// The keys of a page: one list, that `?` shows. Single letters are off while somebody types or a dialog is open.
import { useEffect, useRef } from "react";

export interface Key {
  /** "Mod+k", "?", "g h": Mod is Ctrl, or ⌘ on a Mac; a space separates keys that follow each other. */
  keys: string;
  label: string;
  run: () => void;
}

const layers: (readonly Key[])[] = [];

export const allKeys = (): Key[] => layers.flat();

export function useKeys(keys: readonly Key[]): void {
  const now = useRef(keys);
  now.current = keys;
  const names = keys.map((k) => `${k.keys}:${k.label}`).join();
  useEffect(() => {
    const layer = now.current.map((key, at) => ({ ...key, run: () => now.current[at]?.run() }));
    layers.push(layer);
    return () => void layers.splice(layers.indexOf(layer), 1);
  }, [names]);
}

let first = "";
let firstAt = 0;

export function listenToKeys(): () => void {
  const heard = (event: KeyboardEvent) => {
    const pressed = nameOf(event);
    if (!pressed || event.defaultPrevented) return;
    const modified = pressed.startsWith("Mod+");
    if (!modified && (typing(event.target) || document.querySelector("[role=dialog],dialog[open],[role=menu]"))) return;
    const pair = event.timeStamp - firstAt < 1200 ? `${first} ${pressed}` : "";
    const key = find(pair) ?? find(pressed);
    first = pressed;
    firstAt = event.timeStamp;
    if (!key) return;
    event.preventDefault();
    key.run();
  };
  document.addEventListener("keydown", heard);
  return () => document.removeEventListener("keydown", heard);
}

/** The inner layer wins: what a page says is stronger than what the shell says. */
const find = (keys: string): Key | undefined => (keys ? allKeys().findLast((key) => key.keys === keys) : undefined);

export function nameOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">): string {
  if (event.altKey || event.key === "Shift" || event.key === "Control" || event.key === "Meta") return "";
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.ctrlKey || event.metaKey
    ? `Mod+${key}`
    : event.key.length === 1 && event.key !== key
      ? `Shift+${key}`
      : key;
}

export function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable) &&
    !(target instanceof HTMLInputElement && target.type === "checkbox")
  );
}
