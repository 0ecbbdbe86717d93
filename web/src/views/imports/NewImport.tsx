// From a file to a rehearsal: choose it, say where its columns go and how rows are written, have it checked.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/http";
import { startImport, suggest, type Upload } from "../../api/imports";
import type { ObjectDef } from "../../api/model";
import { useSurroundings } from "../../fields/context";
import { useKeys } from "../../ui/keys";
import { Button } from "../../ui/kumo";
import { Shimmer } from "../../ui/parts";
import { Failed } from "../list/Nothing";
import type { Search } from "../list/state";
import { said } from "../save";
import { ChooseFile } from "./ChooseFile";
import { type Draft, draftOf, faultsOf, importable, keep, kept, orderOf } from "./draft";
import { Mapping } from "./Mapping";
import { Options } from "./Options";
import { Steps } from "./Steps";

interface Props {
  /** `_object` and, once it is up, `_upload` and `_file`. */
  search: Search;
  onSearch: (search: Search) => void;
}

export default function NewImport({ search, onSearch }: Props) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const objects = useMemo(
    () => [...model.objects.values()].filter(importable).sort((a, b) => a.labelPlural.localeCompare(b.labelPlural)),
    [model],
  );
  const object = objects.find((o) => o.name === search._object || o.plural === search._object) ?? null;
  const upload = search._upload ?? null;
  const ready = async (sent: Upload) => {
    if (!object) return;
    keep(draftOf(object, sent, await suggest(sent.id, object.name)));
    onSearch({ _object: object.name, _upload: sent.id, _file: sent.name });
  };
  return (
    <div className="admin">
      <Steps at={object && upload ? "columns" : "file"} />
      <h1>{object && upload ? t("imports.map_title", { file: search._file ?? "" }) : t("imports.new")}</h1>
      {object && upload ? (
        <Arrange
          key={`${upload} ${object.name}`}
          object={object}
          objects={objects}
          upload={{ id: upload, name: search._file ?? "", bytes: 0 }}
          onObject={(name) => onSearch({ ...search, _object: name })}
          onBack={() => onSearch({ _object: object.name })}
        />
      ) : (
        <ChooseFile
          objects={objects}
          object={object}
          onObject={(name) => onSearch({ _object: name })}
          onReady={ready}
        />
      )}
    </div>
  );
}

/** What was kept for this file, else what is suggested for it. */
function useDraft(object: ObjectDef, upload: Upload) {
  const [changed, setChanged] = useState(() => {
    const before = kept(upload.id);
    return before?.object === object.name ? before : null;
  });
  const suggested = useQuery({
    queryKey: ["suggested", upload.id, object.name],
    queryFn: () => suggest(upload.id, object.name),
    enabled: changed === null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const draft = changed ?? (suggested.data ? draftOf(object, upload, suggested.data) : null);
  const setDraft = (next: Draft) => {
    keep(next);
    setChanged(next);
  };
  return { draft, setDraft, suggested };
}

interface ArrangeProps {
  object: ObjectDef;
  objects: ObjectDef[];
  upload: Upload;
  onObject: (name: string) => void;
  onBack: () => void;
}

function Arrange({ object, objects, upload, onObject, onBack }: ArrangeProps) {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const cache = useQueryClient();
  const { draft, setDraft, suggested } = useDraft(object, upload);
  const [starting, setStarting] = useState(false);
  const [refused, setRefused] = useState<unknown>(null);
  const faults = draft ? faultsOf(draft, object) : null;
  const stuck = !draft || !faults || faults.nothing || faults.twice.size > 0;
  const check = async () => {
    if (stuck || starting) return;
    setStarting(true);
    setRefused(null);
    try {
      keep(draft);
      const { id } = await startImport(orderOf(draft, true));
      void cache.invalidateQueries({ queryKey: ["imports"] });
      go(`/imports/${id}`);
    } catch (error) {
      setRefused(error);
      setStarting(false);
    }
  };
  useKeys([{ keys: "Mod+Enter", label: t("imports.check"), run: () => void check() }]);
  if (suggested.isError) return <Failed error={suggested.error} onAgain={() => void suggested.refetch()} />;
  if (!draft || !faults)
    return (
      <div className="card choose" aria-busy="true">
        <Shimmer width="50%" />
        <Shimmer width="70%" />
        <Shimmer width="40%" />
      </div>
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void check();
      }}
    >
      <div className="labelled import-object">
        <label htmlFor="import-object">{t("imports.object")}</label>
        <select
          id="import-object"
          className="field-input"
          value={object.name}
          onChange={(event) => onObject(event.target.value)}
        >
          {objects.map((each) => (
            <option key={each.name} value={each.name}>
              {each.labelPlural}
            </option>
          ))}
        </select>
      </div>
      {draft.notes.length > 0 ? (
        <ul className="notes">
          {draft.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      ) : null}
      <Mapping object={object} draft={draft} faults={faults} onDraft={setDraft} />
      {faults.missing.length > 0 ? (
        <p className="banner" role="status">
          {t("imports.missing", { fields: faults.missing.map((f) => f.label).join(", ") })}
        </p>
      ) : null}
      <Options object={object} draft={draft} refusal={refused instanceof Problem ? refused : null} onDraft={setDraft} />
      {refused ? (
        <p className="fault" role="alert">
          {said(refused, t)}
        </p>
      ) : null}
      {faults.nothing ? <p className="fault">{t("imports.nothing_goes")}</p> : null}
      <footer className="admin-foot">
        <Button onClick={onBack}>{t("imports.other_file")}</Button>
        <Button type="submit" variant="primary" disabled={stuck} loading={starting} aria-keyshortcuts="Control+Enter">
          {t("imports.check")}
        </Button>
      </footer>
    </form>
  );
}
