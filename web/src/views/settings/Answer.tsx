// An explanation of a right, in sentences.
import { CircleCheck, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Explanation, Question } from "../../api/members";
import { useSurroundings } from "../../fields/context";
import { useTitles } from "../../fields/reference/names";
import { usePlaces, useRoles } from "./places";

export function Answer({ question, said }: { question: Question; said: Explanation }) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const { labelOf } = useRoles();
  const places = usePlaces();
  const names = useTitles(model.objects.get("member"), question.member_id ? [question.member_id] : []);
  const who = names.get(question.member_id ?? "") ?? t("jobs.member");
  const object = model.objects.get(question.object ?? "");
  const what = object
    ? `${object.labelPlural}, ${t(`settings.action.${question.action ?? "read"}`)}`
    : (question.permission ?? "");
  const fields = (all: string[]) => all.map((name) => object?.fields.get(name)?.label ?? name).join(", ");
  const roles = (all: string[]) => all.map(labelOf).join(", ");
  const Sign = said.allowed ? CircleCheck : CircleX;
  return (
    <section className="card answer" data-allowed={said.allowed} role="status">
      <h2 className="row">
        <Sign aria-hidden="true" />
        {t(said.allowed ? "settings.explain.may" : "settings.explain.may_not", { who, what })}
      </h2>
      <ul className="notes">
        {said.decided_by.length === 0 ? <li>{t("settings.explain.no_role", { who })}</li> : null}
        {said.decided_by.map((each) => (
          <li key={`${each.role} ${each.location}`}>
            {t(object ? `settings.explain.gives.${each.reach}` : `settings.explain.${each.gives ? "holds" : "lacks"}`, {
              role: labelOf(each.role),
              where: each.location ? places.nameOf(each.location) : t("settings.members.everywhere"),
              what,
            })}
            {each.overridden ? ` ${t("settings.explain.overridden")}` : ""}
          </li>
        ))}
        {said.record ? (
          <li>{t(said.record.within_reach ? "settings.explain.reached" : "settings.explain.not_reached")}</li>
        ) : null}
        {said.field ? (
          <li>
            {t(
              said.field.writable
                ? "settings.explain.field_written"
                : said.field.visible
                  ? "settings.explain.field_read"
                  : "settings.explain.field_hidden",
              { field: fields([said.field.name]) },
            )}
          </li>
        ) : null}
        {!said.field && said.hidden.length > 0 ? (
          <li>{t("settings.roles.hidden", { fields: fields(said.hidden) })}</li>
        ) : null}
        {!said.field && said.read_only.length > 0 ? (
          <li>{t("settings.roles.read_only", { fields: fields(said.read_only) })}</li>
        ) : null}
        {said.allowed ? null : (
          <>
            <li>
              {said.roles_with_it.length > 0
                ? t("settings.explain.roles_with_it", { roles: roles(said.roles_with_it) })
                : t("settings.explain.no_role_has_it")}
            </li>
            <li>{t("settings.explain.granted_by", { roles: roles(said.granted_by) })}</li>
          </>
        )}
      </ul>
    </section>
  );
}
