// A record beside its list: the arrows of the list step through it, Esc closes it.
import { Maximize2, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../../api/model";
import { useSurroundings } from "../../fields/context";
import { Shimmer } from "../../ui/parts";
import { Failed } from "../list/Nothing";
import { useWrites } from "../save";
import { Details } from "./Details";
import { useRecord } from "./data";
import { Head } from "./Head";
import { Parts } from "./Parts";
import { Timeline } from "./Timeline";

export function Peek({ object, id, onClose }: { object: ObjectDef; id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const found = useRecord(object, id);
  const writes = useWrites(object);
  const row = found.data;
  return (
    <aside
      className="peek"
      aria-label={t("peek.title")}
      onKeyDown={(event) => event.key === "Escape" && !event.defaultPrevented && onClose()}
    >
      <div className="row peek-bar">
        <span className="grow muted">{object.label}</span>
        <button
          type="button"
          className="icon-button"
          aria-label={t("peek.open")}
          onClick={() => go(`/${object.plural}/${id}`)}
        >
          <Maximize2 aria-hidden="true" />
        </button>
        <button type="button" className="icon-button" aria-label={t("peek.close")} onClick={onClose}>
          <X aria-hidden="true" />
        </button>
      </div>
      {found.isError ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      {row ? (
        <>
          <Head object={object} row={row} writes={writes} onGone={onClose} level={2} />
          <Details object={object} row={row} writes={writes} />
          <div className="record-flow">
            {[...object.fields.values()]
              .filter((f) => f.kind === "parts")
              .map((field) => (
                <Parts key={field.name} object={object} field={field} row={row} writes={writes} />
              ))}
            <Timeline object={object} row={row} />
          </div>
        </>
      ) : found.isError ? null : (
        <Shimmer width="40%" />
      )}
    </aside>
  );
}
