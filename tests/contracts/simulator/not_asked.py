"""Per endpoint: which bad request is not tried, and why."""

# Why an endpoint has no such test. "type" of a GET: a query string has only one type.
E = "externalcontact"
NO_FIELDS = "takes no parameters"
ONE_TYPE = "a query string holds text only"
NO_LIMIT = "documents no limit"
NO_ID = "names nothing that could be unknown"
BY_FORM = "takes a file: see test_media"
FALLS_BACK = "an excess falls back to the default: see test_cursors"

NOT_ASKED: dict[str, dict[str, str]] = {
    "gettoken": {"over": NO_LIMIT, "type": ONE_TYPE},
    "get_jsapi_ticket": {"over": NO_FIELDS, "type": NO_FIELDS, "unknown": NO_FIELDS},
    "ticket/get": {"over": NO_LIMIT, "type": ONE_TYPE},
    "getcallbackip": {"over": NO_FIELDS, "type": NO_FIELDS, "unknown": NO_FIELDS},
    "auth/getuserinfo": {"over": NO_LIMIT, "type": ONE_TYPE},
    "auth/getuserdetail": {"over": NO_LIMIT},
    "user/get": {"over": NO_LIMIT, "type": ONE_TYPE},
    "user/simplelist": {"over": NO_LIMIT},
    "user/list": {"over": NO_LIMIT},
    "user/list_id": {"unknown": NO_ID},
    "department/list": {"over": NO_LIMIT},
    "department/simplelist": {"over": NO_LIMIT},
    "department/get": {"over": NO_LIMIT},
    f"{E}/get_follow_user_list": {"over": NO_FIELDS, "type": NO_FIELDS, "unknown": NO_FIELDS},
    f"{E}/list": {"over": NO_LIMIT, "type": ONE_TYPE},
    f"{E}/get": {"over": NO_LIMIT, "type": ONE_TYPE},
    f"{E}/get_corp_tag_list": {"over": NO_LIMIT, "unknown": "unknown ids are left out"},
    f"{E}/del_corp_tag": {"over": NO_LIMIT},
    f"{E}/mark_tag": {"over": "the cap of tags on a customer: see test_tags"},
    f"{E}/get_contact_way": {"over": NO_LIMIT},
    f"{E}/list_contact_way": {"unknown": NO_ID},
    f"{E}/del_contact_way": {"over": NO_LIMIT},
    f"{E}/close_temp_chat": {"over": NO_LIMIT},
    f"{E}/groupchat/get": {"over": NO_LIMIT},
    f"{E}/opengid_to_chatid": {"over": NO_LIMIT},
    f"{E}/groupchat/get_join_way": {"over": NO_LIMIT},
    f"{E}/groupchat/del_join_way": {"over": NO_LIMIT},
    f"{E}/group_welcome_template/get": {"over": NO_LIMIT},
    f"{E}/group_welcome_template/del": {"over": NO_LIMIT},
    f"{E}/remind_groupmsg_send": {"over": "three in 24 hours: see test_broadcasts"},
    f"{E}/cancel_groupmsg_send": {"over": NO_LIMIT},
    f"{E}/get_groupmsg_task": {"over": FALLS_BACK},
    f"{E}/get_groupmsg_send_result": {"over": FALLS_BACK},
    f"{E}/get_moment_task_result": {"over": NO_LIMIT, "type": ONE_TYPE},
    f"{E}/cancel_moment_task": {"over": NO_LIMIT},
    f"{E}/get_moment_list": {"unknown": NO_ID},
    f"{E}/get_moment_comments": {"over": NO_LIMIT},
    f"{E}/transfer_result": {"over": NO_LIMIT},
    f"{E}/get_unassigned_list": {"unknown": NO_ID},
    f"{E}/resigned/transfer_result": {"over": NO_LIMIT},
    f"{E}/get_intercept_rule_list": {"over": NO_FIELDS, "type": NO_FIELDS, "unknown": NO_FIELDS},
    f"{E}/get_intercept_rule": {"over": NO_LIMIT},
    f"{E}/del_intercept_rule": {"over": NO_LIMIT},
    "message/recall": {"over": "24 hours: see test_notes"},
    "media/upload": {"over": BY_FORM, "type": BY_FORM, "unknown": BY_FORM},
    "media/uploadimg": {"over": BY_FORM, "type": BY_FORM, "unknown": BY_FORM},
    "media/upload_attachment": {"over": BY_FORM, "type": BY_FORM, "unknown": BY_FORM},
    "media/get": {"over": "20 MB without a range: see test_media", "type": ONE_TYPE},
    "msgaudit/get_permit_user_list": {"over": NO_LIMIT, "unknown": NO_ID},
    "msgaudit/check_room_agree": {"over": NO_LIMIT},
    "msgaudit/groupchat/get": {"over": NO_LIMIT},
    "msgaudit/get_robot_info": {"over": NO_LIMIT, "type": ONE_TYPE},
    "message/getchatdata": {"unknown": "any seq is a place to begin"},
    "message/getchatmediadata": {"over": "512 KiB a chunk: see test_archive"},
}
