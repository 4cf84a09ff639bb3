// Does with grammY what a bot of ours does, and prints what it saw as one line of JSON.
import { Bot, GrammyError, InlineKeyboard, InputFile, InputMediaBuilder } from "grammy";

const [token, apiRoot, chat] = process.argv.slice(2);
const bot = new Bot(token, { client: { apiRoot } });
const seen = {};

seen.me = (await bot.api.getMe()).username;
const keyboard = new InlineKeyboard().text("ទទួល", "ack:1");
const bytes = new Uint8Array([37, 80, 68, 70]);
const sent = await bot.api.sendDocument(chat, new InputFile(bytes, "លិខិត.pdf"), {
  caption: "<b>ដិត</b>", parse_mode: "HTML", reply_markup: keyboard,
});
seen.name = sent.document.file_name;
seen.entity = sent.caption_entities[0].type;
const again = await bot.api.sendDocument(chat, sent.document.file_id);
seen.same = again.document.file_unique_id === sent.document.file_unique_id;
const file = await bot.api.getFile(sent.document.file_id);
const response = await fetch(`${apiRoot}/file/bot${token}/${file.file_path}`);
seen.bytes = await response.text();
const album = await bot.api.sendMediaGroup(chat, ["a.txt", "b.txt"].map((name) => InputMediaBuilder.document(new InputFile(bytes, name))));
seen.album = album.map((message) => message.document.file_name);
await bot.api.editMessageCaption(chat, sent.message_id, { caption: "ថ្មី" });
try {
  await bot.api.editMessageCaption(chat, sent.message_id, { caption: "ថ្មី" });
} catch (error) {
  seen.error = error instanceof GrammyError && error.description;
}
bot.on("message:text", async (context) => {
  seen.heard = context.message.text;
  await context.reply("ឮ", { reply_parameters: { message_id: context.message.message_id } });
  await bot.stop();
});
await bot.start({ onStart: () => process.stderr.write("started\n") });
console.log(JSON.stringify(seen));
