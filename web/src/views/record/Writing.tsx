// What people put on a record from its page: files, and notes in which pictures become files.
import type { ReactNode } from "react";
import type { ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { Files } from "../files/Files";
import { useUploads } from "../files/uploads";
import { Composer } from "../notes/Composer";
import { type Belonging, belonging } from "../notes/data";

interface Props {
  object: ObjectDef;
  row: Row;
  children: ReactNode;
}

export default function Writing({ object, row, children }: Props) {
  const { model } = useSurroundings();
  const files = belonging(model, object, "file");
  const notes = belonging(model, object, "note");
  const shown = { notes, row, children };
  return files ? <WithFiles key={row.id} files={files} {...shown} /> : <Rest key={row.id} {...shown} />;
}

interface Shown {
  notes: Belonging | undefined;
  row: Row;
  children: ReactNode;
}

function WithFiles({ files, notes, row, children }: Shown & { files: Belonging }) {
  const uploads = useUploads(files.object, files.field, row.id);
  const may = files.object.writable && files.object.rights.create !== "none";
  return (
    <>
      <Files files={files.object} field={files.field} id={row.id} open={!row.archived_at} uploads={uploads} />
      <Rest notes={notes} row={row} onFile={may ? uploads.addOne : undefined}>
        {children}
      </Rest>
    </>
  );
}

function Rest({
  notes,
  row,
  onFile,
  children,
}: Shown & { onFile?: ((file: File) => Promise<Row | null>) | undefined }) {
  const may = notes?.object.writable && notes.object.rights.create !== "none" && !row.archived_at;
  return (
    <>
      {children}
      {may && notes ? <Composer notes={notes} id={row.id} onFile={onFile} /> : null}
    </>
  );
}
