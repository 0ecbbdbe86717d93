// Where one is: the workspace, at the head of the sidebar, and the location in it. Both only where there is a choice.
import { useQueryClient } from "@tanstack/react-query";
import { Check, ChevronsUpDown, MapPin } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Me, switchWorkspace } from "../api/session";
import { DropdownMenu } from "../ui/kumo";
import { warn } from "../ui/toast";
import { said } from "../views/save";
import { chosenPlace, moveTo } from "./place";

export function WorkspaceSwitch({ me, collapsed }: { me: Me; collapsed: boolean }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const move = async (slug: string) => {
    try {
      await switchWorkspace(slug);
      cache.clear();
      location.assign("/");
    } catch (error) {
      warn(t("refused.title"), said(error, t));
    }
  };
  const head = (
    <>
      <img src="/icon.svg" alt="" />
      <span className="rail-name cut">{me.workspace.name}</span>
    </>
  );
  if (me.workspaces.length < 2) return <div className="rail-head">{head}</div>;
  return (
    <DropdownMenu>
      <DropdownMenu.Trigger
        render={
          <button
            type="button"
            className="rail-head rail-switch"
            aria-label={t("places.workspace", { name: me.workspace.name })}
            title={collapsed ? me.workspace.name : undefined}
          >
            {head}
            <ChevronsUpDown aria-hidden="true" />
          </button>
        }
      />
      <DropdownMenu.Content>
        {me.workspaces.map((workspace) => {
          const here = workspace.id === me.workspace.id;
          return (
            <DropdownMenu.Item
              key={workspace.id}
              disabled={here}
              {...(here ? { icon: <Check aria-hidden="true" /> } : {})}
              onClick={() => void move(workspace.slug)}
            >
              {workspace.name}
            </DropdownMenu.Item>
          );
        })}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}

export function LocationSwitch({ me }: { me: Me }) {
  const { t } = useTranslation();
  if (me.locations.length < 2) return null;
  const chosen = chosenPlace(me);
  const name = me.locations.find((l) => l.id === chosen)?.name ?? t("places.all");
  return (
    <DropdownMenu>
      <DropdownMenu.Trigger
        render={
          <button type="button" className="place-button" aria-label={t("places.location", { name })}>
            <MapPin aria-hidden="true" />
            <span className="cut narrow-hidden">{name}</span>
          </button>
        }
      />
      <DropdownMenu.Content>
        <DropdownMenu.RadioGroup value={chosen ?? ""} onValueChange={(id: string) => moveTo(me, id || null)}>
          {[{ id: "", name: t("places.all") }, ...me.locations].map((place) => (
            <DropdownMenu.RadioItem key={place.id} value={place.id}>
              {place.name}
              <DropdownMenu.RadioItemIndicator />
            </DropdownMenu.RadioItem>
          ))}
        </DropdownMenu.RadioGroup>
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}
