// What a button of the settings does: the server is asked, what it refuses is said, and what changed is asked for again.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/http";
import { warn } from "../../ui/toast";
import { said } from "../save";

/** Runs one thing at a time; `null`: it was refused, which a toast has said. */
export function useAct(...keys: string[]) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  return async function act<T>(run: () => Promise<T>): Promise<{ done: T } | null> {
    try {
      return { done: await run() };
    } catch (error) {
      warn(t("refused.title"), said(error, t));
      return null;
    } finally {
      await Promise.all(keys.map((key) => cache.invalidateQueries({ queryKey: [key] })));
    }
  };
}

/** A form that is sent: what is refused about a field stands at it, the rest above the button. */
export function useSend(...keys: string[]) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const [sending, setSending] = useState(false);
  const [refused, setRefused] = useState<unknown>(null);
  const problem = refused instanceof Problem ? refused : null;
  async function send(run: () => Promise<void>): Promise<boolean> {
    if (sending) return false;
    setSending(true);
    setRefused(null);
    try {
      await run();
      await Promise.all(keys.map((key) => cache.invalidateQueries({ queryKey: [key] })));
      return true;
    } catch (error) {
      setRefused(error);
      return false;
    } finally {
      setSending(false);
    }
  }
  /** What no field of the form shows. */
  const loose = (...shown: string[]): string | null => {
    if (refused === null) return null;
    const rest = problem?.faults.filter((f) => !shown.some((s) => f.field === s || f.field?.startsWith(`${s}.`)));
    if (problem && rest && rest.length < problem.faults.length) return rest.map((f) => f.detail).join(" ") || null;
    return said(refused, t);
  };
  return { send, sending, problem, loose, clear: () => setRefused(null) };
}
