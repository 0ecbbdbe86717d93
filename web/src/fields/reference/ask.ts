import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { ObjectDef } from "../../api/model";
import { list } from "../../api/records";

/** Records whose words contain what is typed, asked for once the typing pauses. */
export function useCandidates(to: ObjectDef | undefined, typed: string) {
  const words = useLater(typed, 200);
  return useQuery({
    queryKey: ["candidates", to?.name, words],
    enabled: to !== undefined,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      if (!to) return [];
      const query = new URLSearchParams({
        select: [...new Set(["id", to.title])].join(","),
        order: to.title === "id" ? "id" : `${to.title},id`,
        limit: "20",
      });
      if (words.trim()) query.set("q", words);
      if (to.name === "member") query.set("is_active", "is.true");
      return (await list(to, query, { signal })).data.map((row) => ({
        value: row.id,
        label: String(row[to.title] ?? "") || "–",
      }));
    },
  });
}

export function useLater<T>(value: T, ms: number): T {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return later;
}
