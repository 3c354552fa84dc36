/** Two tabs would be one peer twice, which could sign an epoch twice. */
import { Heading } from '../parts/basics.js'

export function OtherTabView() {
  return (
    <div class="narrow">
      <Heading>Open in another tab</Heading>
      <p class="lead">This browser takes part already, in another tab or window. One tab at a time can be this peer.</p>
      <p>Go on there, or close the other tab and load this one again.</p>
      <div class="actions">
        <button type="button" onClick={() => location.reload()}>
          Load again
        </button>
      </div>
    </div>
  )
}
