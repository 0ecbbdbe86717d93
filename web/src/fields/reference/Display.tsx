import { useSurroundings } from "../context";
import type { Shown } from "../kit";
import { referred } from "./named";

export function ReferenceDisplay({ field, row, value, dense }: Shown) {
  const { model, go } = useSurroundings();
  const record = referred(model, field, row);
  if (!value) return null;
  // Out of reach: there is one, but not for this member.
  if (!record) return <span className="muted">···</span>;
  const to = model.objects.get(field.to ?? "");
  if (dense || !to || to.part) return <>{record.title || "–"}</>;
  const path = `/${to.plural}/${record.id}`;
  return (
    <a
      href={path}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go(path);
      }}
    >
      {record.title || "–"}
    </a>
  );
}
