// What can be done with the selected rows, or with every record of the filter.
import { Archive, Pencil, Trash2, UserRound, X } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Field, ObjectDef } from "../../api/model";
import { exportUrl } from "../../api/records";
import { Button } from "../../ui/kumo";
import type { Selection } from "../grid/selection";
import type { useWrites } from "../save";

const BulkEdit = lazy(() => import("./BulkEdit"));
const BulkDelete = lazy(() => import("./BulkDelete"));
const ExportDialog = lazy(() => import("../exports/ExportDialog"));

interface Props {
  object: ObjectDef;
  selection: Selection;
  writes: ReturnType<typeof useWrites>;
  columns: Field[];
  /** Which rows the list asks for. */
  filter: URLSearchParams;
  /** How many there are in the filter, as far as it is known, and how many are on the screen. */
  total: number | null;
  loaded: number;
}

/** One request each: more than this is not archived at once. */
const ONE_BY_ONE = 200;

export default function Bulk({ object, selection, writes, columns, filter, total, loaded }: Props) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<"edit" | "assign" | "delete" | "export" | null>(null);
  const { everything } = selection;
  const ids = [...selection.ids];
  const count = everything ? (total ?? loaded) : ids.length;
  const may = object.rights;
  const who = [...object.fields.values()].find((f) => f.kind === "user" && !f.many && !f.readOnly && !f.system);
  const done = (good: boolean) => {
    if (!good) return;
    setAsking(null);
    selection.clear();
  };
  const file = everything ? new URLSearchParams(filter) : new URLSearchParams({ id: `in.(${ids.join(",")})` });
  file.set("select", [...new Set([object.title, ...columns.map((f) => f.name)])].join(","));
  const wider = !everything && ids.length >= loaded && (total === null || total > ids.length);
  const close = () => setAsking(null);
  return (
    <div className="bulk" role="toolbar" aria-label={t("bulk.title")}>
      <b aria-live="polite">{everything ? t("bulk.everything", { count }) : t("bulk.selected", { count })}</b>
      {wider ? (
        <button type="button" className="text-button" onClick={selection.takeEverything}>
          {total === null ? t("bulk.take_all") : t("bulk.take", { count: total })}
        </button>
      ) : null}
      {may.update !== "none" ? (
        <Button size="sm" icon={<Pencil aria-hidden="true" />} onClick={() => setAsking("edit")}>
          {t("bulk.edit")}
        </Button>
      ) : null}
      {may.update !== "none" && who ? (
        <Button size="sm" icon={<UserRound aria-hidden="true" />} onClick={() => setAsking("assign")}>
          {t("bulk.assign")}
        </Button>
      ) : null}
      {everything ? (
        <Button size="sm" onClick={() => setAsking("export")}>
          {t("bulk.export")}
        </Button>
      ) : (
        <a className="plain-button" href={exportUrl(object, "xlsx", file)} download>
          {t("bulk.export")}
        </a>
      )}
      {object.archivable && may.archive !== "none" && count <= ONE_BY_ONE && ids.length >= count ? (
        <Button size="sm" icon={<Archive aria-hidden="true" />} onClick={() => void writes.archive(ids).then(done)}>
          {t("archive")}
        </Button>
      ) : null}
      {may.delete !== "none" ? (
        <Button
          size="sm"
          variant="secondary-destructive"
          icon={<Trash2 aria-hidden="true" />}
          onClick={() => setAsking("delete")}
        >
          {t("delete")}
        </Button>
      ) : null}
      <button type="button" className="icon-button" aria-label={t("bulk.clear")} onClick={selection.clear}>
        <X aria-hidden="true" />
      </button>
      <Suspense>
        {asking === "export" ? <ExportDialog object={object} query={file} onClose={close} /> : null}
        {asking === "delete" ? (
          <BulkDelete
            object={object}
            count={count}
            filter={everything ? filter : null}
            onClose={close}
            onDelete={(most) => void (everything ? writes.sweep(filter, most, null) : writes.remove(ids)).then(done)}
          />
        ) : null}
        {asking === "edit" || asking === "assign" ? (
          <BulkEdit
            object={object}
            count={count}
            first={asking === "assign" ? (who?.name ?? null) : object.stage}
            filter={everything ? filter : null}
            onClose={close}
            onSave={(patch, most) =>
              void (everything ? writes.sweep(filter, most, patch) : writes.saveMany(ids, patch)).then(done)
            }
          />
        ) : null}
      </Suspense>
    </div>
  );
}
