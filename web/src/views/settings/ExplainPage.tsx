// "Why can't they?": a member, what they would do, and with which record; the answer in sentences.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ACTIONS, type Action, type Explanation, explain, type Question } from "../../api/members";
import type { ObjectDef } from "../../api/model";
import { useSurroundings } from "../../fields/context";
import { useCandidates } from "../../fields/reference/ask";
import { useTitles } from "../../fields/reference/names";
import { Labelled, Select } from "../../ui/fields";
import { Button } from "../../ui/kumo";
import { Picker } from "../../ui/Picker";
import { Answer } from "./Answer";
import { useSend } from "./act";
import { Fault } from "./parts";
import { useRoles } from "./places";

export default function ExplainPage({ item }: { item: string | null }) {
  const { t } = useTranslation();
  const { model, me } = useSurroundings();
  const members = model.objects.get("member");
  const objects = [...model.objects.values()].filter((o) => !o.part);
  const [member, setMember] = useState(item ?? me);
  const [about, setAbout] = useState("");
  const [action, setAction] = useState<Action>("update");
  const [record, setRecord] = useState<string | null>(null);
  const [field, setField] = useState("");
  const [answer, setAnswer] = useState<{ question: Question; said: Explanation } | null>(null);
  const { all } = useRoles();
  const { send, sending, problem, loose } = useSend();
  const object = objects.find((o) => o.name === about);
  const rights = [...new Set(all.flatMap((role) => role.permissions))].toSorted();
  const ask = () =>
    send(async () => {
      const question: Question = object
        ? {
            member_id: member,
            object: object.name,
            action,
            ...(record ? { record_id: record } : {}),
            ...(field ? { field } : {}),
          }
        : { member_id: member, permission: about };
      setAnswer({ question, said: await explain(question) });
    });
  return (
    <div className="admin">
      <h1>{t("admin.explain")}</h1>
      <form
        noValidate
        className="card"
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <div className="options">
          <ChooseRecord
            object={members}
            label={t("settings.explain.member")}
            value={member}
            onValue={(id) => setMember(id ?? me)}
          />
          <Select
            label={t("settings.explain.what")}
            fault={problem?.at("permission")}
            value={about}
            onValue={(next) => {
              setAbout(next);
              setRecord(null);
              setField("");
            }}
          >
            <option value="" disabled>
              {t("imports.choose_object")}
            </option>
            <optgroup label={t("settings.roles.records")}>
              {objects.map((each) => (
                <option key={each.name} value={each.name}>
                  {each.labelPlural}
                </option>
              ))}
            </optgroup>
            <optgroup label={t("settings.roles.rights")}>
              {rights.map((right) => (
                <option key={right} value={right}>
                  {right}
                </option>
              ))}
            </optgroup>
          </Select>
          {object ? (
            <>
              <Select label={t("settings.explain.action")} value={action} onValue={(next) => setAction(next as Action)}>
                {ACTIONS.map((each) => (
                  <option key={each} value={each}>
                    {t(`settings.action.${each}`)}
                  </option>
                ))}
              </Select>
              {action === "create" ? null : (
                <ChooseRecord
                  key={object.name}
                  object={object}
                  label={t("settings.explain.record", { label: object.label })}
                  value={record}
                  onValue={setRecord}
                />
              )}
              <Select label={t("settings.explain.field")} value={field} onValue={setField}>
                <option value="">{t("settings.explain.no_field")}</option>
                {[...object.fields.values()].map((each) => (
                  <option key={each.name} value={each.name}>
                    {each.label}
                  </option>
                ))}
              </Select>
            </>
          ) : null}
        </div>
        <Fault text={loose("permission")} />
        <div className="admin-foot">
          <Button type="submit" variant="primary" loading={sending} disabled={!about}>
            {t("settings.explain.ask")}
          </Button>
        </div>
      </form>
      {answer ? <Answer question={answer.question} said={answer.said} /> : null}
    </div>
  );
}

interface ChooseProps {
  object: ObjectDef | undefined;
  label: string;
  value: string | null;
  onValue: (id: string | null) => void;
}

export function ChooseRecord({ object, label, value, onValue }: ChooseProps) {
  const [typed, setTyped] = useState("");
  const found = useCandidates(object, typed);
  const names = useTitles(object, value ? [value] : []);
  const known = found.data?.find((each) => each.value === value)?.label ?? (value ? names.get(value) : "");
  return (
    <Labelled label={label}>
      {({ id }) => (
        <Picker
          id={id}
          label={label}
          choices={found.data ?? []}
          selected={value ? [value] : []}
          text={known ?? ""}
          busy={found.isFetching}
          onAsk={setTyped}
          onPick={(choice) => onValue(choice.value)}
          onClear={() => onValue(null)}
        />
      )}
    </Labelled>
  );
}
