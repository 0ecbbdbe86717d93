// Records that refer to this one, with a way to add another.
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useSurroundings } from "../../fields/context";
import { Button } from "../../ui/kumo";
import { Shimmer } from "../../ui/parts";
import { usualColumns } from "../list/state";
import { type Related, useRelatedRows } from "./data";

export function RelatedList({ related, id }: { related: Related; id: string }) {
  const { t } = useTranslation();
  const { kitOf, go } = useSurroundings();
  const { object, field } = related;
  const names = usualColumns(object)
    .filter((n) => n !== field)
    .slice(0, 5);
  const rows = useRelatedRows(related, id, names);
  const columns = names.map((n) => object.fields.get(n)).filter((f) => f !== undefined);
  const may = object.writable && object.rights.create !== "none";
  const add = () => go(`/${object.plural}/new?${field}=${id}`);
  const link = (path: string) => (event: React.MouseEvent) => {
    if (event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    go(path);
  };
  const all = `/${object.plural}?${field}=${encodeURIComponent(`in.(${id})`)}`;
  return (
    <section className="card" aria-label={object.labelPlural}>
      <header className="row">
        <h2 className="grow">
          {object.labelPlural} <span className="muted num">{related.count}</span>
        </h2>
        {related.count > 0 ? (
          <a href={all} onClick={link(all)}>
            {t("record.all")}
          </a>
        ) : null}
        {may ? (
          <Button size="sm" variant="ghost" icon={<Plus aria-hidden="true" />} onClick={add}>
            {t("new.one", { label: object.label })}
          </Button>
        ) : null}
      </header>
      {rows.isPending ? <Shimmer width="60%" /> : null}
      {rows.data?.length === 0 ? <p className="muted">{t("nothing.related")}</p> : null}
      {rows.data && rows.data.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <div className="parts-scroll" tabIndex={0} role="group" aria-label={object.labelPlural}>
          <table className="parts">
            <thead>
              <tr>
                {columns.map((c) => (
                  <th key={c.name} scope="col" className={kitOf(c).end ? "end" : ""}>
                    {c.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.data.map((row) => (
                <tr key={row.id}>
                  {columns.map((c, at) => {
                    const { Display, end } = kitOf(c);
                    const shown = <Display field={c} value={row[c.name]} row={row} dense />;
                    const path = `/${object.plural}/${row.id}`;
                    return (
                      <td key={c.name} className={end ? "end" : ""}>
                        {at === 0 ? (
                          <a href={path} onClick={link(path)}>
                            {row[c.name] ? shown : "–"}
                          </a>
                        ) : (
                          shown
                        )}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </section>
  );
}
