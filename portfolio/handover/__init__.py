"""Handover (在职继承, 离职继承): nobody is left without an owner, whatever WeCom answers."""
