/** Small pieces that every screen is made of. */
import type { ComponentChildren } from 'preact'
import type { Problem } from '../words/errors.js'

interface HeadingProps {
  readonly children: ComponentChildren
}

/** A screen's title; it takes the focus when the screen changes. */
export function Heading({ children }: HeadingProps) {
  return <h1 tabIndex={-1}>{children}</h1>
}

interface NoticeProps {
  readonly tone?: 'calm' | 'done' | 'trouble'
  readonly title?: string
  /** Read aloud at once. */
  readonly urgent?: boolean
  readonly children?: ComponentChildren
}

export function Notice({ tone = 'calm', title, urgent = false, children }: NoticeProps) {
  return (
    <div class={`notice ${tone}`} {...(urgent ? { role: 'alert' as const } : {})}>
      {title && <p class="notice-title">{title}</p>}
      {children}
    </div>
  )
}

export function ProblemNotice({ problem }: { readonly problem: Problem | null }) {
  if (problem === null) return null
  return (
    <Notice tone="trouble" title={problem.title} urgent>
      <p>{problem.detail}</p>
    </Notice>
  )
}

/** Names and values. */
export function Facts({ rows }: { readonly rows: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** The short form of a swarm id, to be compared aloud. */
export function SixWords({ words }: { readonly words: readonly string[] }) {
  return (
    <ol class="words" aria-label="The swarm in six words">
      {words.map((word, i) => (
        // A word may come twice, and its place is part of what is compared.
        <li key={`${i} ${word}`}>{word}</li>
      ))}
    </ol>
  )
}

export function Card({ title, children, id }: { title: string; children: ComponentChildren; id: string }) {
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  )
}

/** What somebody needs to know who puts this device on a list. */
export function DeviceId({ id }: { readonly id: string }) {
  return (
    <p class="small">
      This device’s id: <code>{id}</code>
    </p>
  )
}
