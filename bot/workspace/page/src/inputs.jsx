import { useId } from "react";

export const textOf = (object) => (typeof object === "string" ? object : object?.text ?? "");

// InputBlock is a labelled input of a modal, with its hint and its error.
export function InputBlock({ block, workspace, values, setValue, error }) {
  const id = useId();
  const element = block.element;
  return (
    <div className={`input ${error ? "wrong" : ""}`} data-block-id={block.block_id}>
      <label htmlFor={id}>{textOf(block.label)}{block.optional && <span className="optional"> (optional)</span>}</label>
      <Control element={element} workspace={workspace} id={id} label={textOf(block.label)} value={values[block.block_id]}
        onChange={(v) => setValue(block.block_id, v)} />
      {error && <div className="input-error" role="alert">{error}</div>}
      {block.hint && <div className="input-hint">{textOf(block.hint)}</div>}
    </div>
  );
}

// Control is one field. value is undefined until it was touched: then the element's initial value stands.
export function Control(props) {
  const { element, workspace } = props;
  switch (element.type) {
    case "plain_text_input": return <Text {...props} />;
    case "number_input": return <Field {...props} type="number" step={element.is_decimal_allowed ? "any" : "1"} />;
    case "email_text_input": return <Field {...props} type="email" />;
    case "url_text_input": return <Field {...props} type="url" />;
    case "datepicker": return <Field {...props} type="date" initial={element.initial_date} />;
    case "timepicker": return <Field {...props} type="time" initial={element.initial_time} />;
    case "datetimepicker": return <Moment {...props} />;
    case "static_select": case "external_select":
      return <Menu {...props} options={optionsOf(element)} initial={element.initial_option?.value} />;
    case "users_select":
      return <Menu {...props} options={workspace.users.map((u) => ({ value: u.id, text: u.real_name }))} initial={element.initial_user} />;
    case "channels_select": case "conversations_select":
      return <Menu {...props} initial={element.initial_channel ?? element.initial_conversation}
        options={workspace.channels.filter((c) => !c.is_im).map((c) => ({ value: c.id, text: `#${c.name}` }))} />;
    case "radio_buttons": return <Choice {...props} type="radio" initial={[element.initial_option?.value]} />;
    case "checkboxes": case "multi_static_select":
      return <Choice {...props} type="checkbox" initial={element.initial_options?.map((o) => o.value) ?? []} />;
  }
  return <span className="unknown">A field of type {String(element.type)} cannot be shown here.</span>;
}

const optionsOf = (element) => [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((g) => g.options)];

function Text({ element, id, label, value, onChange }) {
  const common = { id, "aria-label": label, value: value ?? element.initial_value ?? "", placeholder: textOf(element.placeholder),
    maxLength: element.max_length, onChange: (e) => onChange(e.target.value), autoFocus: element.focus_on_load };
  return element.multiline ? <textarea rows="4" {...common} /> : <input type="text" autoComplete="off" {...common} />;
}

function Field({ element, id, label, value, onChange, type, initial, step }) {
  return <input id={id} aria-label={label} type={type} step={step} value={value ?? initial ?? element.initial_value ?? ""}
    min={element.min_value} max={element.max_value} placeholder={textOf(element.placeholder)} onChange={(e) => onChange(e.target.value)} />;
}

// Moment is a date and time, in seconds since 1970 on the wire.
function Moment({ element, id, label, value, onChange }) {
  const seconds = value ?? element.initial_date_time;
  const local = (s) => new Date(s * 1000 - new Date(s * 1000).getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  return <input id={id} aria-label={label} type="datetime-local" value={seconds ? local(Number(seconds)) : ""}
    onChange={(e) => onChange(e.target.value ? String(Math.round(new Date(e.target.value) / 1000)) : "")} />;
}

function Menu({ element, id, label, value, onChange, options, initial }) {
  return (
    <select id={id} aria-label={label} className="select" value={value ?? initial ?? ""} onChange={(e) => onChange(e.target.value)}>
      <option value="" disabled>{textOf(element.placeholder) || "Select an option"}</option>
      {options.map((o) => <option key={o.value} value={o.value}>{textOf(o.text)}</option>)}
    </select>
  );
}

function Choice({ element, id, label, value, onChange, type, initial }) {
  const chosen = value === undefined ? initial : [value].flat();
  const toggle = (v) => onChange(type === "radio" ? v : chosen.includes(v) ? chosen.filter((c) => c !== v) : [...chosen, v]);
  return (
    <fieldset className="choices" aria-label={label}>
      {optionsOf(element).map((o, i) => (
        <label key={o.value}>
          <input type={type} id={i === 0 ? id : undefined} name={id ?? element.action_id} checked={chosen.includes(o.value)} onChange={() => toggle(o.value)} />
          <span>{textOf(o.text)}{o.description && <small>{textOf(o.description)}</small>}</span>
        </label>
      ))}
    </fieldset>
  );
}
