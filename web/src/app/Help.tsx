// The keys that work on this page.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { allKeys } from "../ui/keys";
import { Modal } from "../ui/Modal";
import { Keys } from "../ui/parts";

const GRID = ["↑ ↓ ← →", "Enter", "Esc", "Tab", "Space", "O", "X", "Shift+X", "Mod+A", "Mod+C"] as const;

export default function Help({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [page] = useState(allKeys);
  const grid = document.querySelector("[role=grid]") !== null;
  const upper = (keys: string) => keys.replace(/\b[a-z]$/, (letter) => letter.toUpperCase());
  return (
    <Modal title={t("keys.help")} onClose={onClose} wide>
      <dl className="help-keys">
        {page.map((key) => (
          <div key={key.keys}>
            <dt>{key.label}</dt>
            <dd>
              <Keys keys={upper(key.keys)} />
            </dd>
          </div>
        ))}
        {grid
          ? GRID.map((keys) => (
              <div key={keys}>
                <dt>{t(`grid_keys.${keys}`)}</dt>
                <dd>
                  <Keys keys={keys} />
                </dd>
              </div>
            ))
          : null}
      </dl>
    </Modal>
  );
}
