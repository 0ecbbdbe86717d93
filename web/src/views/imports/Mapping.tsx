// The second step: where every column of the file goes, as it was suggested and as somebody changes it.
import { useTranslation } from "react-i18next";
import type { How, Suggestion } from "../../api/imports";
import type { ObjectDef } from "../../api/model";
import { useSurroundings } from "../../fields/context";
import { Chip } from "../../ui/parts";
import {
  type Doubt,
  type Draft,
  doubtOf,
  type Faults,
  type Feed,
  feedTo,
  foundBy,
  type Place,
  placesOf,
} from "./draft";

const HUES: Record<Doubt, string> = { sure: "green", likely: "blue", unsure: "amber", none: "gray" };

interface Props {
  object: ObjectDef;
  draft: Draft;
  faults: Faults;
  onDraft: (draft: Draft) => void;
}

export function Mapping({ object, draft, faults, onDraft }: Props) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const places = placesOf(object);
  const read = (at: number, how: How) =>
    onDraft({ ...draft, feeds: draft.feeds.map((feed, n) => (n === at ? { ...feed, how } : feed)) });
  return (
    <ul className="map" aria-label={t("imports.columns")}>
      {draft.columns.map((suggestion, at) => (
        <Column
          key={at}
          id={`column-${at}`}
          suggestion={suggestion}
          feed={draft.feeds[at] ?? { field: null, how: {} }}
          places={places}
          twice={faults.twice.get(at)}
          onField={(path) => onDraft(feedTo(draft, at, path, model))}
          onHow={(how) => read(at, how)}
        />
      ))}
    </ul>
  );
}

interface ColumnProps {
  id: string;
  suggestion: Suggestion;
  feed: Feed;
  places: Place[];
  twice: string | undefined;
  onField: (path: string | null) => void;
  onHow: (how: How) => void;
}

function Column({ id, suggestion, feed, places, twice, onField, onHow }: ColumnProps) {
  const { t } = useTranslation();
  const doubt = doubtOf(suggestion, feed);
  const own = feed.field !== suggestion.field;
  const place = places.find((p) => p.path === feed.field);
  const best = [suggestion.field, ...suggestion.alternatives]
    .map((path) => places.find((p) => p.path === path))
    .filter((p) => p !== undefined);
  const named = (p: Place) => (p.member ? `${p.field.label}: ${t(`imports.member.${p.member}`)}` : p.field.label);
  const option = (p: Place, group: string) => (
    <option key={`${group} ${p.path}`} value={p.path}>
      {named(p)}
    </option>
  );
  return (
    <li>
      <div className="map-from">
        <b className="cut" title={suggestion.column}>
          {suggestion.column || t("imports.unnamed")}
        </b>
        <span className="samples muted">{suggestion.samples.join(" · ") || t("imports.no_samples")}</span>
      </div>
      <div className="map-to">
        <select
          id={id}
          className="field-input"
          aria-label={t("imports.goes_to", { column: suggestion.column })}
          aria-invalid={twice !== undefined}
          aria-describedby={`${id}-why`}
          value={feed.field ?? ""}
          onChange={(event) => onField(event.target.value || null)}
        >
          <option value="">{t("imports.leave_out")}</option>
          {best.length > 0 ? (
            <optgroup label={t("imports.suggested")}>{best.map((p) => option(p, "best"))}</optgroup>
          ) : null}
          <optgroup label={t("imports.all_fields")}>
            {places.filter((p) => !best.includes(p)).map((p) => option(p, "all"))}
          </optgroup>
        </select>
        {place ? <HowRead id={id} column={suggestion.column} place={place} how={feed.how} onHow={onHow} /> : null}
        {twice === undefined ? null : <p className="fault">{t("imports.twice", { column: twice })}</p>}
      </div>
      <div className="map-why" id={`${id}-why`}>
        <Chip hue={HUES[doubt]}>{t(own ? "imports.chosen" : `imports.doubt.${doubt}`)}</Chip>
        {own || doubt === "sure" ? null : <span className="muted">{suggestion.reason}</span>}
      </div>
    </li>
  );
}

/** How the texts of the column are read, where that is not plain. */
function HowRead(props: { id: string; column: string; place: Place; how: How; onHow: (how: How) => void }) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const { id, column, place, how, onHow } = props;
  const { field } = place;
  const to = field.to ? model.objects.get(field.to) : undefined;
  const dated = field.kind === "date" || field.kind === "date_time";
  const several = field.many || field.kind === "multi_select" || field.kind === "tags";
  if (!to && !dated && !several) return null;
  return (
    <div className="how">
      {to ? (
        <div className="labelled">
          <label htmlFor={`${id}-by`}>{t("imports.by", { label: to.label })}</label>
          <select
            id={`${id}-by`}
            className="field-input"
            aria-label={`${column}: ${t("imports.by", { label: to.label })}`}
            value={how.by ?? ""}
            onChange={(event) => onHow({ ...how, by: event.target.value })}
          >
            {foundBy(to).map((f) => (
              <option key={f.name} value={f.name}>
                {f.label}
              </option>
            ))}
            <option value="">{t("imports.by_id")}</option>
          </select>
        </div>
      ) : null}
      {dated ? (
        <div className="labelled">
          <label htmlFor={`${id}-format`}>{t("imports.format")}</label>
          <input
            id={`${id}-format`}
            className="field-input"
            placeholder="%Y-%m-%d"
            spellCheck={false}
            value={typeof how.format === "string" ? how.format : ""}
            onChange={(event) => onHow({ ...how, format: event.target.value })}
          />
        </div>
      ) : null}
      {several ? (
        <div className="labelled">
          <label htmlFor={`${id}-split`}>{t("imports.split")}</label>
          <input
            id={`${id}-split`}
            className="field-input"
            maxLength={3}
            value={how.split ?? ""}
            onChange={(event) => onHow({ ...how, split: event.target.value })}
          />
        </div>
      ) : null}
    </div>
  );
}
