"""Texts cut into words, so that a comparison marks words and not single characters of them.

Chinese has no spaces. A full segmenter brings a dictionary of many megabytes; for comparing two editions it is
enough to know the words that descriptions of posts are made of. The longest known word wins; numbers, letters
and everything unknown stand by themselves, so nothing is ever lost or joined that does not belong together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

# Words of two and more characters. Grammar words (的, 和, 对 …) and unknown ones are single characters.
_LISTED = """
岗位 职责 工作 负责 部门 经理 主管 总经理 专员 顾问 技师 前台 客户 顾客 车主 车辆 新车
二手车 配件 仓库 车间 展厅 销售 售后 服务 维修 保养 索赔 保险 续保 精品 装饰 试驾 交车
接车 接待 预约 回访 投诉 建议 满意度 满意 关系 厂家 供应商 财务 人事 行政 市场 培训 考核
绩效 奖励 处罚 工资 薪资 提成 奖金 补贴 制度 规定 规范 流程 标准 要求 计划 总结 报告
报表 日报 周报 月报 台账 登记 登记表 记录 档案 资料 文件 合同 订单 发票 收款 付款 结算
库存 盘点 采购 入库 出库 检查 检验 质检 质量 安全 卫生 环境 设备 工具 系统 数据 信息
统计 分析 汇总 整理 编制 制定 拟定 审核 审批 批准 确认 签字 执行 实施 落实 完成 协助
配合 协调 沟通 指导 监督 管理 组织 安排 参加 参与 提出 提供 提交 上报 汇报 反馈 处理
解决 跟踪 跟进 维护 更新 保管 保存 领取 发放 联系 通知 提醒 说明 解释 介绍 推荐 邀约
洽谈 签订 办理 申请 上级 下级 领导 同事 员工 人员 团队 公司 企业 目标 任务 指标 成本
费用 预算 收入 利润 业务 技术 知识 技能 能力 经验 学历 专业 大专 本科 中专 以上 以下
以内 之前 之后 提前 及时 定期 按时 准时 当天 当日 每天 每日 每周 每月 每季 每季度 每年
年度 季度 月度 小时 分钟 工作日 上午 下午 月底 年底 周一 周二 周三 周四 周五 周六 周日
其他 其它 交办 临时 相关 有关 有效 主动 热情 礼貌 认真 严格 必须 应当 可以 不得 禁止
负有 责任 权限 权利 义务 决定 权力 优惠 折扣 退款 金额 以及 或者 并且 根据 按照 通过
进行 保证 确保 以便 以免 为了 对于 关于 日常 现场 电话 短信 微信 邮件 话术 仪容 仪表
着装 形象 礼仪 态度 保密 法律 法规 问题 原因 结果 情况 意见 方案 措施 进度 时间 地点
内容 项目 名称 编号 客户经理 客户关系 服务顾问 销售顾问 服务经理 销售经理 人事经理 交接 值班
排班 考勤 请假 加班 出差 试用期 转正 调动 离职 返聘 证书 驾驶证 熟悉 掌握 了解 精通 熟练
操作 使用 办公 软件
"""
WORDS = frozenset(_LISTED.split())
LONGEST = max(map(len, WORDS))
_RUN = re.compile(r"[A-Za-z_]+(?:'[A-Za-z]+)?|[0-9]+(?:[.,:：][0-9]+)*|\s+|[㐀-鿿]+|.", re.DOTALL)


def tokens(text: str) -> list[str]:
    """Return ``text`` in words: joined again they are the text."""
    found: list[str] = []
    for run in _RUN.findall(text):
        if "㐀" <= run[0] <= "鿿":
            found += _chinese(run)
        else:
            found.append(run)
    return found


def _chinese(run: str) -> list[str]:
    found = []
    place = 0
    while place < len(run):
        length = next(
            (
                size
                for size in range(min(LONGEST, len(run) - place), 1, -1)
                if run[place : place + size] in WORDS
            ),
            1,
        )
        found.append(run[place : place + length])
        place += length
    return found


def steps(old: Sequence[str], new: Sequence[str]) -> list[tuple[bool, str, str]]:
    """Return what leads from one row of words to the other: ``(same, before, after)`` in reading order.

    A single character that both have between two changes is counted as changed: half a sentence reads better
    than its splinters.
    """
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    found: list[tuple[bool, str, str]] = []
    codes = matcher.get_opcodes()
    for place, (operation, i1, i2, j1, j2) in enumerate(codes):
        before, after = "".join(old[i1:i2]), "".join(new[j1:j2])
        inside = 0 < place < len(codes) - 1
        splinter = inside and len(before) == 1 and "㐀" <= before <= "鿿"
        same = operation == "equal" and not (
            splinter and codes[place - 1][0] == codes[place + 1][0] == "replace"
        )
        if found and found[-1][0] == same:
            found[-1] = (same, found[-1][1] + before, found[-1][2] + after)
        else:
            found.append((same, before, after))
    return found
