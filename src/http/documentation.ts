import type { AnyElysia } from 'elysia'
// @ts-expect-error
import styles from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' }
// @ts-expect-error: the path of the file is what is imported
import bundle from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' }
import type { Gateway } from '../gateway/gateway.ts'
import { guarded } from '../gateway/handlers/guarded.ts'
import type { Handler } from '../gateway/handlers/handler.ts'
import type { Beside } from './beside.ts'

/**
 * `/swagger`: the page and its scripts come from this binary, so it works offline. The document is
 * made, and the libraries that make it are loaded, when it is first asked for.
 */
export function documentationHandlers(
  gateway: Gateway,
  beside: readonly Beside[],
): readonly Handler[] {
  let app: Promise<AnyElysia> | undefined
  const served = async (request: Request): Promise<Response> => {
    app ??= import('./openapi.ts').then(({ documented }) =>
      documented(
        gateway,
        beside.flatMap(({ apps }) => apps),
      ),
    )
    return (await app).fetch(request)
  }
  const get = (
    path: string,
    title: string,
    answer: (request: Request) => Response | Promise<Response>,
  ) =>
    guarded(gateway, {
      method: 'GET',
      path,
      access: 'documentation',
      title,
      answer: ({ request }) => answer(request),
    })
  return [
    get('/swagger', 'This API in a browser', () => page(PAGE, 'text/html')),
    get('/swagger/start.js', 'Of the page', () => page(START, 'text/javascript')),
    get('/swagger/ui.js', 'Of the page', () => page(Bun.file(bundle), 'text/javascript')),
    get('/swagger/ui.css', 'Of the page', () => page(Bun.file(styles), 'text/css')),
    get('/swagger/json', 'This API as OpenAPI', served),
    get('/swagger/page', 'This API in a browser, with a page from elsewhere', served),
  ]
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>jackfield API</title>
<link rel="stylesheet" href="/swagger/ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="api"></div>
<script src="/swagger/ui.js"></script>
<script src="/swagger/start.js"></script>
</body>
</html>
`

const START = `window.ui = SwaggerUIBundle({ url: '/swagger/json', dom_id: '#api', deepLinking: true, validatorUrl: null })\n`

/** Only our own files may be loaded; the charset matters, the bundle holds more than ASCII. */
function page(body: string | Blob, type: string): Response {
  return new Response(body, {
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy':
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    },
  })
}
