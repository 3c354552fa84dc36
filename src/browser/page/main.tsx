import { render } from 'preact'

render(<p>Starlings</p>, document.getElementById('page')!)
