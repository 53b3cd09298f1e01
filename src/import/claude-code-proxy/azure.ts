import { type Draft, filled } from '../draft.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import type { UpstreamSettings } from './upstream-settings.ts'

/**
 * Azure, by its address or by `AZURE_API_VERSION`: each model is a deployment with an address of
 * its own. Some wrote a deployment into the address, which is then the usual one.
 */
export function readAzure(env: TrackedSettings, address: string, draft: Draft) {
  const version = env.text('AZURE_API_VERSION')
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!version && !url?.hostname.endsWith('.openai.azure.com')) return undefined
  const asked = version ?? url?.searchParams.get('api-version') ?? undefined
  // A path before Azure's own is that of a gateway in between.
  const before = url?.pathname.replace(/\/openai(\/.*)?$/, '').replace(/\/+$/, '') ?? ''
  const origin = url ? url.origin + before : address.replace(/\/+$/, '')
  if (!asked)
    draft.noteDropped(
      'AZURE_API_VERSION',
      'is not set; Azure is asked under /openai/v1, which needs none',
    )
  return {
    deployment: /\/openai\/deployments\/([^/]+)/.exec(url?.pathname ?? '')?.[1],
    /** A provider for each deployment; gives the target of a model. */
    providersFor(models: readonly string[], settings: UpstreamSettings, into: Draft) {
      const byModel = new Map(
        [...new Set(models)].map(model => [
          model,
          addDeployment(model, { origin, version: asked }, settings, into),
        ]),
      )
      return (model: string) => `${byModel.get(model) ?? model}/${model}`
    },
  }
}

type Resource = { origin: string; version: string | undefined }

function addDeployment(
  model: string,
  { origin, version }: Resource,
  { key, shared }: UpstreamSettings,
  draft: Draft,
): string {
  const id = draft.freeName(`azure-${model}`)
  const path = version ? `deployments/${encodeURIComponent(model)}` : 'v1'
  const address = filled({
    kind: 'azure-openai',
    'base-url': `${origin}/openai/${path}`,
    'api-version': version,
  })
  draft.addProvider(
    id,
    { ...address, ...shared, keys: [key] },
    `from OPENAI_BASE_URL: the deployment ${model}`,
  )
  return id
}
