// Nothing at this address, or not for this member: then which right it takes, and who has it.
import { useQuery } from "@tanstack/react-query";
import { Compass, ShieldX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { explain } from "../api/members";
import { Empty } from "../ui/parts";

export function NotFound({ denied, right }: { denied?: boolean; right?: string | undefined }) {
  const { t } = useTranslation();
  const icon = denied ? <ShieldX aria-hidden="true" /> : <Compass aria-hidden="true" />;
  return (
    <>
      <h1 className="hidden-text">{t(denied ? "failed.denied" : "failed.nowhere")}</h1>
      <Empty
        icon={icon}
        title={t(denied ? "failed.denied" : "failed.nowhere")}
        action={<a href="/">{t("failed.home")}</a>}
      >
        {denied && right ? <Right right={right} /> : t(denied ? "failed.denied_about" : "failed.nowhere_about")}
      </Empty>
    </>
  );
}

function Right({ right }: { right: string }) {
  const { t } = useTranslation();
  const asked = useQuery({ queryKey: ["explained", right], queryFn: () => explain({ permission: right }) });
  const roles = asked.data?.roles_with_it.join(", ");
  return (
    <>
      {t("failed.right")} <code>{right}</code>. {roles ? t("failed.roles", { roles }) : t("failed.denied_about")}
    </>
  );
}
