import { droppedRows, type Row, unneededRows } from '../rows.ts'

const DATABASE =
  'keys, teams and what they spent are in no database here; write api-keys, which may have names, models and limits'
const REPORTS =
  'nothing is sent to other services; every reply says in x-jackfield-* headers what happened'
const CACHE = 'replies are not kept; conversations stay where the upstream’s own cache is'
const REDIS = 'one process keeps its own counts; there is nothing to share them with'
const LOGIN = 'callers are known by api-keys only'
const CHECKS =
  'no upstream is asked for that alone; one request tries a credential when its cooldown is over'
const FAILS = 'a credential cools down after each fault: policy.cooldown'
const GUARDS = 'requests are not looked through'
const STDERR = 'the log goes to stderr, in lines for people'
const CONTEXT = 'write the models as steps with when: { input-tokens: ">…" } under models'
const MONEY = 'budgets are those of API keys: limits: { cost-per-day: 5 USD }'
const ELSEWHERE = 'is no part of a gateway for models, and has no counterpart here'

/** Settings of `router_settings` that are not taken over. */
export const ROUTER: readonly Row[] = [
  ...droppedRows({
    context_window_fallbacks: CONTEXT,
    content_policy_fallbacks: 'a refusal is an answer and goes to the client',
    retry_policy: 'rounds are the same for every fault: policy.request-retry',
    'allowed_fails allowed_fails_policy': FAILS,
    retry_after: 'the wait between rounds is what credentials need: policy.max-retry-interval',
    stream_timeout: 'write timeout: { first-byte } under providers',
    'enable_tag_filtering tag_filtering_match_any':
      'requests have no tags; write conditions (when: { key: … })',
    default_max_parallel_requests: 'there is no limit of requests at a time',
    default_litellm_params:
      'write default: { … } under rules, with the paths of the client’s requests',
    provider_budget_config: MONEY,
    'redis_host redis_port redis_password redis_url redis_db cache_kwargs': REDIS,
    cache_responses: CACHE,
  }),
  ...unneededRows({
    'enable_pre_call_checks enable_pre_call_check':
      'write when: { input-tokens } where a model’s window is too small',
    max_fallbacks: 'every fallback of a list is tried',
    routing_strategy_args: 'least-latency looks at the last minute',
    'debug_level set_verbose': 'logging.level: debug says who was tried and why',
    'client_ttl polling_interval default_priority': ELSEWHERE,
  }),
]

/** Settings of `litellm_settings` that are not taken over. */
export const SETTINGS: readonly Row[] = [
  ...droppedRows({
    'callbacks success_callback failure_callback service_callbacks': REPORTS,
    'langfuse_default_tags turn_off_message_logging redact_user_api_key_info': REPORTS,
    context_window_fallbacks: CONTEXT,
    content_policy_fallbacks: 'a refusal is an answer and goes to the client',
    allowed_fails: FAILS,
    'cache cache_params': CACHE,
    guardrails: GUARDS,
    'max_budget budget_duration': MONEY,
    'default_internal_user_params key_generation_settings': DATABASE,
    upperbound_key_generate_params: DATABASE,
    mcp_aliases: ELSEWHERE,
    force_ipv4: 'addresses are taken as the system gives them',
    enable_json_schema_validation: 'a reply is not checked against the schema that was asked for',
    ssl_verify: 'certificates are always checked',
  }),
  ...unneededRows({
    drop_params: 'what the upstream cannot take is not sent, and named in x-jackfield-losses',
    modify_params: 'requests are fitted to each upstream',
    json_logs: STDERR,
    add_function_to_prompt: 'tools go as tools',
    'disable_end_user_cost_tracking disable_end_user_cost_tracking_prometheus_only': MONEY,
    disable_hf_tokenizer_download: 'tokens are counted with o200k where the upstream cannot',
    'disable_copilot_system_to_assistant disable_add_transform_inline_image_block': ELSEWHERE,
    enable_preview_features: ELSEWHERE,
    use_chat_completions_url_for_anthropic_messages:
      'kind openai-compatible is asked under /chat/completions',
    telemetry: 'nothing is sent',
  }),
]

/** Settings of `general_settings` that are not taken over. */
export const GENERAL: readonly Row[] = [
  ...droppedRows({
    'database_url database_type database_args store_model_in_db supported_db_objects': DATABASE,
    'store_prompts_in_spend_logs maximum_spend_logs_retention_period': DATABASE,
    'maximum_spend_logs_retention_interval custom_key_generate default_team_disabled': DATABASE,
    allow_requests_on_db_unavailable: DATABASE,
    'custom_auth custom_sso enable_jwt_auth litellm_jwtauth enable_oauth2_auth': LOGIN,
    'enable_oauth2_proxy_auth oauth2_config_mappings litellm_key_header_name': LOGIN,
    'allow_user_auth service_account_settings allow_client_side_credentials': LOGIN,
    ui_access_mode: LOGIN,
    'alerting alert_types alerting_args alert_to_webhook_url spend_report_frequency': REPORTS,
    'completion_model image_generation_model embedding_model moderation_model':
      'clients say which model they want; force: { "*": … } leads all to one',
    'key_management_system key_management_settings use_google_kms use_azure_key_vault':
      'keys come from the file, the environment (${NAME}) or other files (${file:…})',
    'max_parallel_requests global_max_parallel_requests': 'there is no limit of requests at a time',
    max_response_size_mb: 'there is no limit for replies',
    pass_through_endpoints: 'only the endpoints of models are passed on',
    allowed_ips: 'api-keys decides who may call; keep others out with a firewall',
    'allowed_routes public_routes admin_only_routes': LOGIN,
    'enforced_params enforce_user_param': 'requests are not refused for what they lack',
    reject_clientside_metadata_tags: 'requests have no tags',
    forward_openai_org_id:
      'write headers: { OpenAI-Organization: "$openai-organization" } under the provider',
    litellm_license: ELSEWHERE,
  }),
  ...unneededRows({
    'background_health_checks health_check_interval health_check_details': CHECKS,
    'alerting_threshold database_connection_pool_limit database_connection_timeout': ELSEWHERE,
    'disable_spend_logs disable_spend_updates disable_reset_budget': ELSEWHERE,
    'disable_prisma_schema_update disable_master_key_return': ELSEWHERE,
    'disable_adding_master_key_hash_to_db proxy_batch_write_at': ELSEWHERE,
    'proxy_batch_polling_interval proxy_budget_rescheduler_min_time': ELSEWHERE,
    'proxy_budget_rescheduler_max_time user_api_key_cache_ttl user_mcp_management_mode': ELSEWHERE,
    'infer_model_from_keys disable_retry_on_max_parallel_request_limit_error': ELSEWHERE,
    disable_responses_id_security: 'what is kept of a conversation is kept apart for each API key',
    use_x_forwarded_for: 'a caller is who connects',
    use_client_credentials_pass_through_routes: 'callers’ own keys never go upstream',
    forward_client_headers_to_llm_api:
      'headers that belong to the protocol go upstream by themselves',
  }),
]

/** Settings of the top that are not taken over. */
export const TOP: readonly Row[] = [
  ...droppedRows({
    include: 'other files are not read; import each, or put them into one',
    guardrails: GUARDS,
    callback_settings: REPORTS,
    'mcp_servers vector_store_registry search_tools files_settings finetune_settings': ELSEWHERE,
    'assistant_settings prompts agent_list': ELSEWHERE,
  }),
]

/** Settings of `litellm_params` of a deployment that are not taken over. */
export const PARAMS: readonly Row[] = [
  ...droppedRows({
    rpm: 'there are no limits by upstream; api-keys may have limits: { requests-per-minute }',
    tpm: 'there are no limits by upstream; api-keys may have limits: { tokens-per-day }',
    max_parallel_requests: 'there is no limit of requests at a time',
    'max_budget budget_duration': MONEY,
    tags: 'requests have no tags; write conditions (when: { key: … })',
    extra_body: 'write set: { … } under the model, with the paths of the client’s requests',
    mock_response: 'a provider of kind echo answers by itself',
    'aws_access_key_id aws_secret_access_key aws_region_name':
      'Amazon’s services have no kind here',
  }),
  ...unneededRows({
    'drop_params additional_drop_params':
      'what the upstream cannot take is not sent, and named in x-jackfield-losses',
    use_in_pass_through: 'a request of the upstream’s own protocol always goes through as it is',
    'max_retries num_retries': 'rounds are the same for all: policy.request-retry',
    cooldown_time: 'cooldowns are the same for all: policy.cooldown',
  }),
]

/** Settings of `model_info` of a deployment that are not taken over. */
export const MODEL_INFO: readonly Row[] = [
  ...unneededRows({
    'id mode base_model max_output_tokens access_groups version health_check_timeout':
      'is known here from the kind, or not needed',
    'health_check_model disable_background_health_check':
      'is known here from the kind, or not needed',
  }),
]
