// The sign-in, as a page or in front of a page whose session is over.
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/http";
import { signIn } from "../api/session";
import { Button } from "../ui/kumo";
import { said } from "../views/save";

interface Props {
  email?: string;
  onDone: () => void;
  children?: React.ReactNode;
}

export function SignInForm({ email = "", onDone, children }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const [problem, setProblem] = useState<unknown>(null);
  const [sending, setSending] = useState(false);
  const refused = problem instanceof Problem ? problem : null;
  const loose = problem && !(refused?.at("email") || refused?.at("password")) ? said(problem, t) : null;
  const submit = async (form: FormData) => {
    setSending(true);
    setProblem(null);
    try {
      await signIn(String(form.get("email")).trim(), String(form.get("password")));
      onDone();
    } catch (error) {
      setProblem(error);
    } finally {
      setSending(false);
    }
  };
  const field = (name: "email" | "password", type: string, complete: string, focus: boolean) => (
    <div className="labelled">
      <label htmlFor={`${id}-${name}`}>{t(`sign_in.${name}`)}</label>
      <input
        id={`${id}-${name}`}
        name={name}
        type={type}
        className="field-input"
        autoComplete={complete}
        defaultValue={name === "email" ? email : ""}
        autoFocus={focus}
        aria-invalid={refused?.at(name) !== undefined || loose !== null || undefined}
        aria-describedby={refused?.at(name) ? `${id}-${name}-fault` : loose ? `${id}-fault` : undefined}
      />
      {refused?.at(name) ? (
        <p className="fault" id={`${id}-${name}-fault`}>
          {refused.at(name)}
        </p>
      ) : null}
    </div>
  );
  return (
    <form
      noValidate
      className="form-grid"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(new FormData(event.currentTarget));
      }}
    >
      {children}
      {field("email", "email", "username", email === "")}
      {field("password", "password", "current-password", email !== "")}
      {loose ? (
        <p className="fault" id={`${id}-fault`} role="alert">
          {loose}
        </p>
      ) : null}
      <Button type="submit" variant="primary" loading={sending}>
        {t("sign_in.do")}
      </Button>
    </form>
  );
}

export function SignInPage({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  return (
    <main className="sign-in">
      <SignInForm onDone={onDone}>
        <img src="/icon.svg" alt="" width={36} height={36} />
        <h1>{t("sign_in.title")}</h1>
      </SignInForm>
    </main>
  );
}
