// Who belongs to the workspace, who is invited, and one member with their roles.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Search as Glass, UserPlus, UsersRound } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Invitation, invitations, withdrawInvitation } from "../../api/members";
import type { ObjectDef } from "../../api/model";
import { list, type Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { useLater } from "../../fields/reference/ask";
import { formatAgo, formatMoment } from "../../ui/format";
import { useKeys } from "../../ui/keys";
import { Button } from "../../ui/kumo";
import { Avatar, Chip, Empty, Shimmer } from "../../ui/parts";
import { tell } from "../../ui/toast";
import { Failed } from "../list/Nothing";
import { useAct } from "./act";
import { Invite } from "./Invite";
import { MemberPage } from "./MemberPage";
import { Go } from "./parts";
import { usePlaces, useRoles } from "./places";

const WINDOW = 50;

export default function MembersPage({ item, onTitle }: { item: string | null; onTitle: (title: string) => void }) {
  const { model } = useSurroundings();
  const object = model.objects.get("member");
  if (!object) return null;
  return item ? <MemberPage object={object} id={item} onTitle={onTitle} /> : <All object={object} />;
}

function All({ object }: { object: ObjectDef }) {
  const { t } = useTranslation();
  const [inviting, setInviting] = useState(false);
  useKeys([{ keys: "c", label: t("settings.members.invite"), run: () => setInviting(true) }]);
  return (
    <div className="admin">
      <header className="row wrap">
        <h1 className="grow">{t("admin.members")}</h1>
        <Button variant="primary" icon={<UserPlus aria-hidden="true" />} onClick={() => setInviting(true)}>
          {t("settings.members.invite")}
        </Button>
      </header>
      <Invitations />
      <Members object={object} />
      {inviting ? <Invite onClose={() => setInviting(false)} /> : null}
    </div>
  );
}

function Members({ object }: { object: ObjectDef }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const words = useLater(typed.trim(), 250);
  const box = useRef<HTMLInputElement>(null);
  useKeys([{ keys: "/", label: t("keys.search"), run: () => box.current?.focus() }]);
  const found = useInfiniteQuery({
    queryKey: ["members", words],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({
        select: "id,name,email,job_title,is_active",
        order: "is_active.desc,name,id",
        limit: String(WINDOW),
      });
      // Members have no words to search by, so name and address are looked through.
      const word = words.replace(/[(),"\\*]/g, " ").trim();
      if (word) query.set("or", `(name.ilike."*${word}*",email.ilike."*${word}*")`);
      if (pageParam) query.set("cursor", pageParam);
      return list(object, query, { signal });
    },
    getNextPageParam: (page) => (page.data.length < WINDOW ? null : page.cursor),
  });
  const rows = found.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section className="admin-section" aria-labelledby="members">
      <header className="row wrap">
        <h2 id="members" className="grow">
          {object.labelPlural}
        </h2>
        <div className="search-field">
          <Glass aria-hidden="true" />
          <input
            ref={box}
            className="field-input"
            type="search"
            placeholder={t("search.short")}
            aria-label={t("search.in", { label: object.labelPlural })}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
      </header>
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      {found.data && rows.length === 0 ? (
        <Empty
          icon={<UsersRound aria-hidden="true" />}
          title={t("nothing.fits", { label: object.labelPlural.toLowerCase() })}
          action={<Button onClick={() => setTyped("")}>{t("put_away.clear")}</Button>}
        />
      ) : null}
      {rows.length > 0 ? (
        <ul className="admin-list" aria-label={object.labelPlural}>
          {rows.map((row) => (
            <Member key={row.id} row={row} />
          ))}
        </ul>
      ) : null}
      {found.hasNextPage ? (
        <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("more")}
        </Button>
      ) : null}
    </section>
  );
}

function Member({ row }: { row: Row }) {
  const { t } = useTranslation();
  const name = String(row.name || row.email || "");
  return (
    <li>
      <Avatar name={name} size="lg" />
      <div className="grow">
        <Go className="cut" path={`/settings/members/${row.id}`}>
          {name}
        </Go>
        <p className="about">{[row.email, row.job_title].filter(Boolean).join(" · ")}</p>
      </div>
      {row.is_active ? null : <Chip hue="gray">{t("settings.members.off")}</Chip>}
    </li>
  );
}

/** Nothing where nobody is invited. */
function Invitations() {
  const { t } = useTranslation();
  const { labelOf } = useRoles();
  const places = usePlaces();
  const found = useQuery({ queryKey: ["invitations"], queryFn: ({ signal }) => invitations(signal) });
  const act = useAct("invitations");
  const withdraw = async (it: Invitation) => {
    if (await act(() => withdrawInvitation(it.id))) tell(t("settings.members.withdrawn", { email: it.email }));
  };
  if (found.isError) return <Failed error={found.error} onAgain={() => void found.refetch()} />;
  const open = found.data?.filter((it) => it.accepted_at === null && it.revoked_at === null) ?? [];
  if (open.length === 0) return null;
  return (
    <section className="admin-section" aria-labelledby="invitations">
      <h2 id="invitations">{t("settings.members.invited")}</h2>
      <ul className="admin-list" aria-label={t("settings.members.invited")}>
        {open.map((it) => {
          const over = Date.parse(it.expires_at) < Date.now();
          return (
            <li key={it.id}>
              <div className="grow">
                <b className="cut">{it.email}</b>
                <p className="about">
                  {[
                    labelOf(it.role),
                    it.location_id ? places.nameOf(it.location_id) : t("settings.members.everywhere"),
                    t("settings.members.valid", { at: formatMoment(it.expires_at) }),
                  ].join(" · ")}
                </p>
              </div>
              <time className="muted num" dateTime={it.created_at} title={formatMoment(it.created_at)}>
                {formatAgo(it.created_at)}
              </time>
              <Chip hue={over ? "gray" : "blue"}>{t(over ? "settings.members.over" : "settings.members.open")}</Chip>
              <Button
                size="sm"
                aria-label={t("settings.members.withdraw_this", { email: it.email })}
                onClick={() => void withdraw(it)}
              >
                {t("settings.members.withdraw")}
              </Button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
