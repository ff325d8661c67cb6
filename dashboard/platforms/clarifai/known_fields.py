"""Fields that Clarifai's published schemas know, for telling drift apart from what we merely do not model. Data.

Source: Clarifai API, schemas 10.2.3 and 12.6.0, the union of both. Each message is one line of ``name:type``:

``s`` text, ``b`` boolean, ``n`` number (status codes and large enums too), ``l`` 64-bit number (may be text),
``t`` RFC 3339 time, ``*`` anything (free objects, and messages that we never look into), ``=Name`` a value of that
enum, any other word another message of this table; ``[`` in front: a list of these; ``!`` at the end: a number
that is printed even when it is zero, so that its absence says something.

A test holds the table to the official descriptors.
"""

from __future__ import annotations

FIELDS = {
    "Annotation": """
        id:s input_id:s data:Data annotation_info:* user_id:s model_version_id:s embed_model_version_id:s
        status:Status created_at:t modified_at:t trusted:b input_level:b consensus_info:* task_id:s
        worker:Worker workflow_version_id:s
    """,
    "Input": "id:s data:Data created_at:t modified_at:t status:Status dataset_ids:[s settings:*",
    "Task": """
        id:s created_at:t modified_at:t type:=TaskType description:s worker:TaskWorker concept_ids:[s
        input_source:TaskInputSource sample_ms:n ai_assistant:TaskAIAssistant review:TaskReview
        status:Status name:s ai_assist_params:AiAssistParameters visibility:Visibility app_id:s user_id:s
        label_order_id:s concepts:[TaskConcept delete_previous_annotations:b metrics:*
        priority:=TaskPriority metadata:*
    """,
    "TaskAssignment": "id:s created_at:t modified_at:t worker:Worker input:Input status:Status",
    "TaskStatusCountPerUser": """
        user_id:s pending:n! awaiting_review:n! success:n! review_denied:n! awaiting_consensus_review:n!
        worker:Worker
    """,
    "Concept": """
        id:s name:s value:n! created_at:t language:s app_id:s definition:s vocab_id:s
        visibility:Visibility user_id:s keypoint_info:* extra_info:* metadata:* image:Image
    """,
    "Collaborator": "id:s app:App user:User scopes:[s endpoints:[s created_at:t modified_at:t deleted_at:t",
    "User": """
        id:s primary_email:s first_name:s last_name:s company_name:s job_title:s job_role:s intention:s
        referral_source:s bill_type:s created_at:t date_gdpr_consent:t date_tos_consent:t
        date_marketing_consent:t date_pii_consent:t metadata:* email_addresses:* two_factor_auth_enabled:b
        teams_count:n is_starred:b star_count:n visibility:Visibility user_detail:* image:Image
    """,
    "App": """
        id:s name:s default_language:s default_workflow_id:s default_workflow:Workflow user_id:s
        created_at:t modified_at:t legal_consent_status:n metadata:* description:s sample_ms:n
        visibility:Visibility data_tier_id:s is_starred:b star_count:n notes:s image:Image is_template:*
        extra_info:* embeddings_storage:n
    """,
    "LabelOrder": """
        id:s name:s status:Status auto_release:b allow_empty_tag:b desired_fulfill_time:t
        estimate_fulfill_time:t task:Task created_at:t modified_at:t
    """,
    "Dataset": """
        id:s created_at:t modified_at:t app_id:s user_id:s description:s metadata:* visibility:Visibility
        default_annotation_filter:* default_processing_info:* notes:s version:* is_starred:b star_count:n
        bookmark_origin:* image:Image
    """,
    "Search": """
        query:* id:s application_id:s name:s as_of:t git_hash:s created_at:t modified_at:t algorithm:s
        save:b min_value:n visibility:Visibility metric:=Metric
    """,
    "Model": """
        id:s name:s created_at:t modified_at:t app_id:s output_info:* model_version:ModelVersion
        display_name:s user_id:s default_eval_info:* model_type_id:s task:s visibility:Visibility
        description:s metadata:* presets:* notes:s toolkits:[s use_cases:[s languages:[s languages_full:*
        check_consents:[s is_starred:b star_count:n workflow_recommended:* bookmark_origin:* image:Image
        license_type:n source:n creator:s version_count:n billing_type:n featured_order:*
        deploy_restriction:n replica_count:n open_router_info:*
    """,
    "Workflow": """
        id:s app_id:s created_at:t nodes:* metadata:* visibility:Visibility user_id:s modified_at:t
        version:WorkflowVersion is_starred:b star_count:n description:s notes:s use_cases:[s
        check_consents:[s bookmark_origin:* image:Image
    """,
    "Output": """
        id:s status:Status created_at:t model:Model input:Input data:Data prompt_tokens:n
        completion_tokens:n cached_tokens:n
    """,
    "WorkflowResult": """
        id:s status:Status created_at:t input:Input outputs:[Output suppress_output:b model:Model
    """,
    "InputCount": """
        processed:n! to_process:n! errors:n! processing:n! reindexed:n! to_reindex:n! reindex_errors:n!
        reindexing:n!
    """,
    "Data": """
        image:Image video:Video concepts:[Concept metadata:* geo:Geo colors:* clusters:* embeddings:*
        regions:[Region frames:[Frame text:Text audio:Audio tracks:* time_segments:[TimeSegment hits:*
        heatmaps:[Image parts:* ndarray:* int_value:l float_value:n bytes_value:s bool_value:b
        string_value:s struct_value:*
    """,
    "Region": "id:s region_info:RegionInfo data:Data value:n track_id:s",
    "RegionInfo": """
        bounding_box:BoundingBox mask:Mask polygon:Polygon point:Point span:Span token:Token
        keypoint_locations:[Point
    """,
    "BoundingBox": "top_row:n! left_col:n! bottom_row:n! right_col:n!",
    "Polygon": "points:[Point",
    "Point": "row:n! col:n! z:n visibility:=Visibility",
    "Mask": "image:Image",
    "Span": "char_start:n! char_end:n! raw_text:s",
    "Token": "char_start:n! char_end:n! raw_text:s",
    "Frame": "frame_info:FrameInfo data:Data id:s",
    "FrameInfo": "index:n! time:l! number:n",
    "TimeSegment": "id:s data:Data time_info:TimeInfo",
    "TimeInfo": "num_frames:n begin_time:n end_time:n",
    "Image": """
        url:s base64:s allow_duplicate_url:b hosted:HostedURL image_info:ImageInfo hosted_image_info:*
        decoded_bytes:s
    """,
    "ImageInfo": "width:n height:n format:s color_mode:s mode:s",
    "HostedURL": "prefix:s suffix:s sizes:[s crossorigin:s",
    "Video": """
        url:s base64:s allow_duplicate_url:b thumbnail_url:s hosted:HostedURL hosted_thumbnail:HostedURL
        video_info:VideoInfo
    """,
    "VideoInfo": "width:n height:n fps:n video_format:s bit_rate:n frame_count:n duration_seconds:n",
    "Audio": "url:s base64:s allow_duplicate_url:b hosted:HostedURL audio_info:AudioInfo",
    "AudioInfo": "audio_format:s sample_rate:n duration_seconds:n bit_rate:n",
    "Text": "raw:s url:s allow_duplicate_url:b hosted:HostedURL text_info:TextInfo",
    "TextInfo": "char_count:n encoding:s",
    "Geo": "geo_point:GeoPoint geo_limit:* geo_box:*",
    "GeoPoint": "longitude:n! latitude:n!",
    "Worker": "user:User model:Model workflow:Workflow",
    "Visibility": "gettable:=Gettable",
    "TaskWorker": """
        strategy:=TaskWorkerStrategy user_ids:[s users:[User
        partitioned_strategy_info:TaskWorkerPartitionedStrategyInfo workers:[Worker type:=WorkerType
        runner_selectors:*
    """,
    "TaskWorkerPartitionedStrategyInfo": """
        type:=TaskWorkerPartitionedStrategy workers_per_input:n weights:*
    """,
    "TaskReview": """
        strategy:=TaskReviewStrategy user_ids:[s users:[User
        manual_strategy_info:TaskReviewManualStrategyInfo
        consensus_strategy_info:TaskReviewConsensusStrategyInfo
    """,
    "TaskReviewManualStrategyInfo": "sample_percentage:n approval_threshold:n",
    "TaskReviewConsensusStrategyInfo": """
        approval_threshold:n approval_threshold_labelers:n approval_threshold_reviewers:n
    """,
    "TaskInputSource": "type:=TaskInputSourceType id:s",
    "TaskAIAssistant": "workflow_id:s workflow:Workflow",
    "AiAssistParameters": "min_threshold:n max_threshold:n concept_relation_ids:[s",
    "TaskConcept": "concept:Concept auto_annotation_config:TaskConceptAutoAnnotationConfig",
    "TaskConceptAutoAnnotationConfig": """
        annotation_data_types:n threshold_range:ThresholdRange status_code:n time_of_day_range:*
        polygon:Polygon
    """,
    "ThresholdRange": "is_lower_inclusive:b is_upper_inclusive:b lower:n upper:n",
    "ModelVersion": """
        id:s created_at:t status:Status active_concept_count:n metrics:* total_input_count:n
        pretrained_model_config:* completed_at:t description:s visibility:Visibility app_id:s user_id:s
        modified_at:t metadata:* license:s output_info:* input_info:* train_info:* import_info:*
        train_log:s inference_compute_info:* build_info:* method_signatures:* special_handling:*
        num_threads:n
    """,
    "WorkflowVersion": """
        id:s workflow_id:s created_at:t modified_at:t visibility:Visibility nodes:* metadata:* app_id:s
        user_id:s description:s license:s is_deprecated:b
    """,
    "Status": """
        code:n description:s details:s stack_trace:[s percent_completed:n time_remaining:n req_id:s
        internal_details:s redirect_info:* developer_notes:s http_status_code:n
    """,
}

ENUMS = {
    "TaskType": "TYPE_NOT_SET=0 CONCEPTS_CLASSIFICATION=1 BOUNDING_BOX_DETECTION=2 POLYGON_DETECTION=3",
    "TaskPriority": "TASK_PRIORITY_NOT_SET=0 LOW=1 MEDIUM=2 HIGH=3",
    "Metric": "METRIC_NOT_SET=0 EUCLIDEAN_DISTANCE=1 COSINE_DISTANCE=2",
    "Visibility": "NOT_SET=0 VISIBLE=1 NOT_VISIBLE=2 NOT_PRESENT=3",
    "Gettable": "UNKNOWN_VISIBILITY=0 PRIVATE=10 ORG=30 PUBLIC=50",
    "TaskWorkerStrategy": "WORKER_STRATEGY_NOT_SET=0 PARTITIONED=2 FULL=3 DYNAMIC=4",
    "WorkerType": "WORKER_TYPE_NOT_SET=0 WORKER_HUMAN=1 WORKER_AUTO=2",
    "TaskWorkerPartitionedStrategy": "PARTITIONED_WORKER_STRATEGY_NOT_SET=0 EVENLY=1 WEIGHTED=2",
    "TaskReviewStrategy": "TASK_REVIEW_STRATEGY_NOT_SET=0 NONE=1 MANUAL=2 CONSENSUS=3",
    "TaskInputSourceType": "INPUT_SOURCE_TYPE_NOT_SET=0 ALL_INPUTS=1 SAVED_SEARCH=2 DATASET=3 INPUT=4",
}
