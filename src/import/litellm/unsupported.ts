import { names, type Row } from '../rows.ts'

const DATABASE =
  'keys, teams and what they spent are in no database here; write api-keys, which may have names, models and limits'
const REPORTS =
  'nothing is sent to other services; every reply says in x-jackfield-* headers what happened'
const CACHE = 'replies are not kept; conversations stay where the upstream’s own cache is'
const REDIS = 'one process keeps its own counts; there is nothing to share them with'
const LOGIN = 'callers are known by api-keys only'
const CHECKS =
  'nobody is asked for the sake of it; one request tries a credential when its cooldown is over'
const FAILS = 'a credential cools down after each fault: policy.cooldown'
const GUARDS = 'requests are not looked through'
const STDERR = 'the log goes to stderr, in lines for people'
const CONTEXT = 'write the models as steps with when: { input-tokens: ">…" } under models'
const MONEY = 'budgets are those of API keys: limits: { cost-per-day: 5 USD }'
const ELSEWHERE = 'is no part of a gateway for models, and has no counterpart here'

/** Settings of `router_settings` that are not taken over. */
export const ROUTER: readonly Row[] = [
  { from: 'context_window_fallbacks', dropped: CONTEXT },
  { from: 'content_policy_fallbacks', dropped: 'a refusal is an answer and goes to the client' },
  { from: 'retry_policy', dropped: 'rounds are the same for every fault: policy.request-retry' },
  { from: names('allowed_fails allowed_fails_policy'), dropped: FAILS },
  {
    from: 'retry_after',
    dropped: 'the wait between rounds is what credentials need: policy.max-retry-interval',
  },
  { from: 'stream_timeout', dropped: 'write timeout: { first-byte } under providers' },
  {
    from: names('enable_tag_filtering tag_filtering_match_any'),
    dropped: 'requests have no tags; write conditions (when: { key: … })',
  },
  { from: 'default_max_parallel_requests', dropped: 'there is no limit of requests at a time' },
  {
    from: 'default_litellm_params',
    dropped: 'write default: { … } under rules, with the paths of the client’s requests',
  },
  { from: 'provider_budget_config', dropped: MONEY },
  {
    from: names('redis_host redis_port redis_password redis_url redis_db cache_kwargs'),
    dropped: REDIS,
  },
  { from: 'cache_responses', dropped: CACHE },
  {
    from: names('enable_pre_call_checks enable_pre_call_check'),
    unneeded: 'write when: { input-tokens } where a model’s window is too small',
  },
  { from: 'max_fallbacks', unneeded: 'every fallback of a list is tried' },
  { from: 'routing_strategy_args', unneeded: 'least-latency looks at the last minute' },
  {
    from: names('debug_level set_verbose'),
    unneeded: 'logging.level: debug says who was tried and why',
  },
  { from: names('client_ttl polling_interval default_priority'), unneeded: ELSEWHERE },
]

/** Settings of `litellm_settings` that are not taken over. */
export const SETTINGS: readonly Row[] = [
  {
    from: names(`
    callbacks success_callback failure_callback service_callbacks
    langfuse_default_tags turn_off_message_logging redact_user_api_key_info`),
    dropped: REPORTS,
  },
  { from: 'context_window_fallbacks', dropped: CONTEXT },
  { from: 'content_policy_fallbacks', dropped: 'a refusal is an answer and goes to the client' },
  { from: 'allowed_fails', dropped: FAILS },
  { from: names('cache cache_params'), dropped: CACHE },
  { from: 'guardrails', dropped: GUARDS },
  { from: names('max_budget budget_duration'), dropped: MONEY },
  {
    from: names(`
    default_internal_user_params key_generation_settings
    upperbound_key_generate_params`),
    dropped: DATABASE,
  },
  { from: 'mcp_aliases', dropped: ELSEWHERE },
  { from: 'force_ipv4', dropped: 'addresses are taken as the system gives them' },
  {
    from: 'enable_json_schema_validation',
    dropped: 'a reply is not checked against the schema that was asked for',
  },
  { from: 'ssl_verify', dropped: 'certificates are always checked' },
  {
    from: 'drop_params',
    unneeded: 'what the upstream cannot take is not sent, and named in x-jackfield-losses',
  },
  { from: 'modify_params', unneeded: 'requests are fitted to each upstream' },
  { from: 'json_logs', unneeded: STDERR },
  { from: 'add_function_to_prompt', unneeded: 'tools go as tools' },
  {
    from: names('disable_end_user_cost_tracking disable_end_user_cost_tracking_prometheus_only'),
    unneeded: MONEY,
  },
  {
    from: 'disable_hf_tokenizer_download',
    unneeded: 'tokens are counted with o200k where the upstream cannot',
  },
  {
    from: names(`
    disable_copilot_system_to_assistant disable_add_transform_inline_image_block
    enable_preview_features`),
    unneeded: ELSEWHERE,
  },
  {
    from: 'use_chat_completions_url_for_anthropic_messages',
    unneeded: 'kind openai-compatible is asked under /chat/completions',
  },
  { from: 'telemetry', unneeded: 'nothing is told to anybody' },
]

/** Settings of `general_settings` that are not taken over. */
export const GENERAL: readonly Row[] = [
  {
    from: names(`
    database_url database_type database_args store_model_in_db supported_db_objects
    store_prompts_in_spend_logs maximum_spend_logs_retention_period
    maximum_spend_logs_retention_interval custom_key_generate default_team_disabled
    allow_requests_on_db_unavailable`),
    dropped: DATABASE,
  },
  {
    from: names(`
    custom_auth custom_sso enable_jwt_auth litellm_jwtauth enable_oauth2_auth
    enable_oauth2_proxy_auth oauth2_config_mappings litellm_key_header_name
    allow_user_auth service_account_settings allow_client_side_credentials
    ui_access_mode`),
    dropped: LOGIN,
  },
  {
    from: names('alerting alert_types alerting_args alert_to_webhook_url spend_report_frequency'),
    dropped: REPORTS,
  },
  {
    from: names('completion_model image_generation_model embedding_model moderation_model'),
    dropped: 'clients say which model they want; force: { "*": … } leads all to one',
  },
  {
    from: names('key_management_system key_management_settings use_google_kms use_azure_key_vault'),
    dropped: 'keys come from the file, the environment (${NAME}) or other files (${file:…})',
  },
  {
    from: names('max_parallel_requests global_max_parallel_requests'),
    dropped: 'there is no limit of requests at a time',
  },
  { from: 'max_response_size_mb', dropped: 'there is no limit for replies' },
  { from: 'pass_through_endpoints', dropped: 'only the endpoints of models are passed on' },
  {
    from: 'allowed_ips',
    dropped: 'who may call is said by api-keys; keep others out with a firewall',
  },
  { from: names('allowed_routes public_routes admin_only_routes'), dropped: LOGIN },
  {
    from: names('enforced_params enforce_user_param'),
    dropped: 'requests are not refused for what they lack',
  },
  { from: 'reject_clientside_metadata_tags', dropped: 'requests have no tags' },
  {
    from: 'forward_openai_org_id',
    dropped: 'write headers: { OpenAI-Organization: "$openai-organization" } under the provider',
  },
  { from: 'litellm_license', dropped: ELSEWHERE },
  {
    from: names('background_health_checks health_check_interval health_check_details'),
    unneeded: CHECKS,
  },
  {
    from: names(`
    alerting_threshold database_connection_pool_limit database_connection_timeout
    disable_spend_logs disable_spend_updates disable_reset_budget
    disable_prisma_schema_update disable_master_key_return
    disable_adding_master_key_hash_to_db proxy_batch_write_at
    proxy_batch_polling_interval proxy_budget_rescheduler_min_time
    proxy_budget_rescheduler_max_time user_api_key_cache_ttl
    user_mcp_management_mode infer_model_from_keys
    disable_retry_on_max_parallel_request_limit_error`),
    unneeded: ELSEWHERE,
  },
  {
    from: 'disable_responses_id_security',
    unneeded: 'what is kept of a conversation is kept apart for each API key',
  },
  { from: 'use_x_forwarded_for', unneeded: 'a caller is who connects' },
  {
    from: 'use_client_credentials_pass_through_routes',
    unneeded: 'callers’ own keys never go upstream',
  },
  {
    from: 'forward_client_headers_to_llm_api',
    unneeded: 'headers that belong to the protocol go upstream by themselves',
  },
]

/** Settings of the top that are not taken over. */
export const TOP: readonly Row[] = [
  { from: 'include', dropped: 'other files are not read; import each, or put them into one' },
  { from: 'guardrails', dropped: GUARDS },
  { from: 'callback_settings', dropped: REPORTS },
  {
    from: names(`
    mcp_servers vector_store_registry search_tools files_settings finetune_settings
    assistant_settings prompts agent_list`),
    dropped: ELSEWHERE,
  },
]

/** Settings of `litellm_params` of a deployment that are not taken over. */
export const PARAMS: readonly Row[] = [
  {
    from: 'rpm',
    dropped: 'there are no limits by upstream; api-keys may have limits: { requests-per-minute }',
  },
  {
    from: 'tpm',
    dropped: 'there are no limits by upstream; api-keys may have limits: { tokens-per-day }',
  },
  { from: 'max_parallel_requests', dropped: 'there is no limit of requests at a time' },
  { from: names('max_budget budget_duration'), dropped: MONEY },
  { from: 'tags', dropped: 'requests have no tags; write conditions (when: { key: … })' },
  {
    from: 'extra_body',
    dropped: 'write set: { … } under the model, with the paths of the client’s requests',
  },
  { from: 'mock_response', dropped: 'a provider of kind echo answers by itself' },
  {
    from: names('aws_access_key_id aws_secret_access_key aws_region_name'),
    dropped: 'Amazon’s services have no kind here',
  },
  {
    from: names('drop_params additional_drop_params'),
    unneeded: 'what the upstream cannot take is not sent, and named in x-jackfield-losses',
  },
  {
    from: 'use_in_pass_through',
    unneeded: 'a request of the upstream’s own protocol always goes through as it is',
  },
  {
    from: names('max_retries num_retries'),
    unneeded: 'rounds are the same for all: policy.request-retry',
  },
  { from: 'cooldown_time', unneeded: 'cooldowns are the same for all: policy.cooldown' },
]

/** Settings of `model_info` of a deployment that are not taken over. */
export const MODEL_INFO: readonly Row[] = [
  {
    from: names(`
    id mode base_model max_output_tokens access_groups version health_check_timeout
    health_check_model disable_background_health_check`),
    unneeded: 'is known here from the kind, or not needed',
  },
]
