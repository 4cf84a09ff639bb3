"""Chats, members, membership changes, upgrade, commands."""

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramMigrateToChat
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    ChatMemberAdministrator,
    ChatMemberBanned,
    ChatMemberLeft,
    ChatMemberMember,
    ChatMemberOwner,
    ChatMemberRestricted,
)

from tests.integration.telegram_sandbox.conftest import DARA, LEADERS, SOKHA, STRANGER, UNIT, Hand


async def test_chat(bot: Bot) -> None:
    chat = await bot.get_chat(LEADERS)
    assert (chat.type, chat.title) == ("supergroup", "ថ្នាក់ដឹកនាំ")
    assert chat.permissions is not None
    assert (await bot.get_chat(SOKHA)).first_name == "សុខា"
    assert await bot.get_chat_member_count(LEADERS) == 3


async def test_members(bot: Bot, hand: Hand) -> None:
    assert isinstance(await bot.get_chat_member(LEADERS, SOKHA), ChatMemberMember)
    assert isinstance(await bot.get_chat_member(LEADERS, DARA), ChatMemberOwner)
    assert isinstance(await bot.get_chat_member(LEADERS, bot.id), ChatMemberAdministrator)
    assert isinstance(await bot.get_chat_member(LEADERS, STRANGER), ChatMemberLeft)
    for status, kind in (("restricted", ChatMemberRestricted), ("kicked", ChatMemberBanned)):
        await hand.post(f"chats/{LEADERS}/members", user=SOKHA, status=status)
        assert isinstance(await bot.get_chat_member(LEADERS, SOKHA), kind)
    assert {member.user.id for member in await bot.get_chat_administrators(LEADERS)} == {bot.id, DARA}
    assert await hand.refused("getChatMember", chat_id=LEADERS, user_id=1) == "Bad Request: member not found"
    assert "invalid user_id" in await hand.refused("getChatMember", chat_id=LEADERS, user_id="x")
    refused = await hand.refused("getChatAdministrators", chat_id=SOKHA)
    assert refused == "Bad Request: there are no administrators in the private chat"


async def test_coming_and_going_is_told(hand: Hand) -> None:
    await hand.result("getUpdates", allowed_updates=["message", "chat_member", "my_chat_member"])
    await hand.post(f"chats/{LEADERS}/members", user=STRANGER, status="member")
    change, service = await hand.updates()
    assert change["chat_member"]["old_chat_member"]["status"] == "left"
    assert change["chat_member"]["new_chat_member"]["status"] == "member"
    assert service["message"]["new_chat_members"][0]["id"] == STRANGER
    await hand.post(f"chats/{UNIT}/members", user=SOKHA, status="left")
    (left,) = await hand.updates()
    assert left["message"]["left_chat_member"]["id"] == SOKHA
    await hand.post(f"chats/{UNIT}/kick")
    (own,) = await hand.updates()
    assert own["my_chat_member"]["new_chat_member"]["status"] == "kicked"


async def test_block_is_told(hand: Hand) -> None:
    await hand.post(f"users/{SOKHA}/block")
    (update,) = await hand.updates()
    assert update["my_chat_member"]["chat"]["id"] == SOKHA
    assert update["my_chat_member"]["new_chat_member"]["status"] == "kicked"


async def test_upgrade(bot: Bot, hand: Hand) -> None:
    new = (await hand.post(f"chats/{UNIT}/upgrade"))["id"]
    assert new < -(10**12)
    with pytest.raises(TelegramMigrateToChat) as caught:
        await bot.send_message(UNIT, "x")
    assert caught.value.migrate_to_chat_id == new
    answer = await hand.api("sendMessage", chat_id=UNIT, text="x")
    assert answer == {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": new},
    }
    told = await hand.updates()
    assert told[0]["message"]["migrate_to_chat_id"] == new
    assert told[1]["message"]["migrate_from_chat_id"] == UNIT
    assert (await bot.send_message(new, "x")).chat.id == new


async def test_commands(bot: Bot, hand: Hand) -> None:
    group = BotCommandScopeAllGroupChats()
    await bot.set_my_commands([BotCommand(command="start", description="ចាប់ផ្ដើម")])
    await bot.set_my_commands([BotCommand(command="help", description="ជំនួយ")], scope=group, language_code="km")
    assert [command.command for command in await bot.get_my_commands()] == ["start"]
    assert [command.command for command in await bot.get_my_commands(group, "km")] == ["help"]
    assert await bot.delete_my_commands()
    assert await bot.get_my_commands() == []
    bad = [{"command": "Bad Name", "description": "x"}]
    assert await hand.refused("setMyCommands", commands=bad) == "Bad Request: BOT_COMMAND_INVALID"


async def test_chat_action(bot: Bot, hand: Hand) -> None:
    assert await bot.send_chat_action(LEADERS, "upload_document")
    refused = await hand.refused("sendChatAction", chat_id=LEADERS, action="dance")
    assert refused == "Bad Request: wrong parameter action in request"
