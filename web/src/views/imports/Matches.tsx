// Rows of a rehearsal that are very like stored records: what becomes of each, chosen one by one or for all.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Choice, type Import, type Match, matches, type RowChoice } from "../../api/imports";
import type { ObjectDef } from "../../api/model";
import { useSurroundings } from "../../fields/context";
import { formatNumber } from "../../ui/format";
import { Button } from "../../ui/kumo";
import { Shimmer } from "../../ui/parts";
import { Failed } from "../list/Nothing";
import { chosen, read, written } from "./choices";
import type { Draft } from "./draft";

interface Props {
  it: Import;
  /** `null`: the choices cannot be sent along, because nobody knows the order any more. */
  draft: Draft | null;
  onDraft: (draft: Draft) => void;
}

export function Matches({ it, draft, onDraft }: Props) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const object = model.objects.get(it.object);
  const found = useInfiniteQuery({
    queryKey: ["matches", it.id],
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) => matches(it.id, pageParam, signal),
    getNextPageParam: (page) => page.after,
  });
  const rows = found.data?.pages.flatMap((page) => page.matches) ?? [];
  const choose = (row: number, choice: RowChoice) =>
    draft && onDraft({ ...draft, choices: { ...draft.choices, [row]: choice } });
  const all = (choice: Choice) => draft && onDraft({ ...draft, duplicates: choice, choices: {} });
  return (
    <section className="card" aria-label={t("imports.alike")}>
      <header className="row wrap">
        <h2 className="grow">
          {t("imports.alike")} <span className="muted num">{formatNumber(it.duplicates)}</span>
        </h2>
        {draft ? (
          <label className="row">
            <span className="muted">{t("imports.all_alike")}</span>
            <select
              className="field-input"
              value={draft.duplicates}
              onChange={(event) => all(event.target.value as Choice)}
            >
              {(["create", "skip", "update", "ask"] as const).map((choice) => (
                <option key={choice} value={choice}>
                  {t(`imports.choices.${choice}`)}
                </option>
              ))}
            </select>
          </label>
        ) : null}
      </header>
      <p className="about">{t("imports.alike_about")}</p>
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      <ul className="alike" aria-label={t("imports.alike")}>
        {rows.map((match) => (
          <Alike
            key={match.row}
            match={match}
            object={object}
            choice={chosen(match, draft)}
            onChoice={draft ? (choice) => choose(match.row, choice) : null}
          />
        ))}
      </ul>
      {found.hasNextPage ? (
        <Button size="sm" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("more")}
        </Button>
      ) : null}
    </section>
  );
}

interface AlikeProps {
  match: Match;
  object: ObjectDef | undefined;
  choice: RowChoice;
  onChoice: ((choice: RowChoice) => void) | null;
}

function Alike({ match, object, choice, onChoice }: AlikeProps) {
  const { t } = useTranslation();
  const named = (candidate: Match["candidates"][number]) => candidate.title || t("record.another");
  return (
    <li>
      <b className="num">{t("imports.row_nr", { row: match.row })}</b>
      <ul className="candidates">
        {match.candidates.map((candidate) => (
          <li key={candidate.id}>
            {object && candidate.title ? (
              <a href={`/${object.plural}/${candidate.id}`} target="_blank" rel="noreferrer">
                {named(candidate)}
              </a>
            ) : (
              named(candidate)
            )}{" "}
            <span className="muted">
              {formatNumber(Math.round(candidate.score * 100))} % · {candidate.reason}
            </span>
          </li>
        ))}
      </ul>
      <select
        className="field-input"
        aria-label={t("imports.becomes", { row: match.row })}
        value={written(choice)}
        disabled={onChoice === null}
        onChange={(event) => onChoice?.(read(event.target.value))}
      >
        <option value="create">{t("imports.choices.create")}</option>
        <option value="skip">{t("imports.choices.skip")}</option>
        <option value="ask">{t("imports.choices.ask")}</option>
        {match.candidates.map((candidate) => (
          <option key={candidate.id} value={written({ update: candidate.id })}>
            {t("imports.update_this", { name: named(candidate) })}
          </option>
        ))}
      </select>
    </li>
  );
}
