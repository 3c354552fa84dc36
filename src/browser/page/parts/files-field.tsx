/** Files by dialog or by drag and drop; what is wrong with them is said right here. */
import { useId, useState } from 'preact/hooks'
import type { TaskSpec } from '../../../core/protocol/manifest.js'
import type { Problem } from '../words/errors.js'
import { bytes } from '../words/format.js'

interface FilesFieldProps {
  readonly task: TaskSpec
  readonly files: readonly File[]
  readonly onFiles: (files: readonly File[]) => void
  readonly problem: Problem | null
}

export function FilesField({ task, files, onFiles, problem }: FilesFieldProps) {
  const id = useId()
  const [over, setOver] = useState(false)
  const several = task.kind === 'mnist'
  const take = (list: FileList | null | undefined): void => {
    if (list && list.length > 0) onFiles(several ? [...list] : [...list].slice(0, 1))
  }
  return (
    // The field is the way in for everybody; dropping is an addition for those with a mouse.
    <fieldset
      aria-label="Files"
      class={over ? 'drop over' : 'drop'}
      onDragOver={event => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault()
        setOver(false)
        take(event.dataTransfer?.files)
      }}
    >
      <label for={id}>{several ? 'Images and labels' : 'CSV file'}</label>
      <input
        id={id}
        type="file"
        multiple={several}
        accept={several ? undefined : '.csv,.csv.gz,.gz,text/csv'}
        aria-invalid={problem !== null}
        aria-describedby={`${id}-error`}
        onChange={event => take(event.currentTarget.files)}
      />
      <p class="small">or drop {several ? 'them' : 'it'} here</p>
      {several && files.length > 0 && (
        <ul class="files">
          {files.map(file => (
            <li key={file.name}>
              {file.name} <small>{bytes(file.size)}</small>
            </li>
          ))}
        </ul>
      )}
      <p class="field-error" id={`${id}-error`} role="alert">
        {problem && `${problem.title}. ${problem.detail}`}
      </p>
    </fieldset>
  )
}
